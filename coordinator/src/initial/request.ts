import { runFile } from '@consilium/shared/contract';
import { z } from 'zod';

const { family, preset, options } = runFile.shape.model.shape;

/** What the starting weights follow from: nothing else, so every coordinator makes the same. */
export const initialRequest = z.strictObject({
  family,
  preset,
  options,
  classes: z.int().min(2),
  features: z.int().min(1),
  seed: runFile.shape.seed,
});
export type InitialRequest = z.output<typeof initialRequest>;
