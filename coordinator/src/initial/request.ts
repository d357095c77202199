import { inputShape, runFile, stage } from '@consilium/shared/contract';
import { z } from 'zod';

const { family, preset, options } = runFile.shape.model.shape;

/**
 * What the weights that a stage starts from follow from: nothing else, so every coordinator makes the same. One line of JSON; behind it
 * come as many weights files as `earlier` says, one after the other.
 */
export const initialRequest = z.strictObject({
  family,
  preset,
  options,
  classes: z.int().min(2),
  input: inputShape,
  stage: stage.shape.name,
  seed: runFile.shape.seed,
  /** Bytes of each file of the stage before, if there is one: its model, and what it did not train. */
  earlier: z.array(z.int().min(1)),
});
export type InitialRequest = z.output<typeof initialRequest>;

/** Before the model's file comes its length in bytes, as one unsigned little-endian number; what follows it is the frozen part. */
export const lengthBytes = 8;
