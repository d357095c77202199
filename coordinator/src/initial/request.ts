import { inputShape, runFile, stage } from '@consilium/shared/contract';
import { blobHash } from '@consilium/shared/ids';
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
  /** Bytes of the file of imported tensors, which comes last; null: there is none. */
  imported: z.int().min(1).nullable(),
});
export type InitialRequest = z.output<typeof initialRequest>;

/** Before the model's file comes its length in bytes, as one unsigned little-endian number; what follows it is the frozen part. */
export const lengthBytes = 8;

/** A run file that the models are asked about, and the folder that it lies in. */
export const checkRequest = z.strictObject({ run: runFile, folder: z.string() });
export type CheckRequest = z.output<typeof checkRequest>;

/** What the models say to it: one line of JSON; behind it comes the file of imported tensors, if there is one. */
export const findings = z.strictObject({
  /** What the lead should know before the run, in whole sentences. */
  warnings: z.array(z.string()),
  /** Of the weights that the run starts from; null: it names none. */
  imported: z
    .strictObject({
      /** Of the file as the lead has it. */
      sha256: blobHash,
      /** What is taken from it and what is drawn, in whole sentences. */
      sentences: z.array(z.string()),
    })
    .nullable(),
});
export type Findings = z.output<typeof findings>;
