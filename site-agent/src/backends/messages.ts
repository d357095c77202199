import type { BackendChoice } from '@consilium/models/backend';
import { z } from 'zod';

/** Every backend that can be asked for by name, the best first. */
export const rungs = ['native', 'webgpu', 'wasm', 'cpu'] as const satisfies readonly BackendChoice[];
export type Rung = (typeof rungs)[number];

/** What the process that tries a backend is asked. */
export const request = z.strictObject({
  choice: z.enum(['auto', ...rungs]),
  device: z.enum(['any', 'gpu', 'cpu']),
  /** Go through the conformance suite, too. */
  suite: z.boolean(),
  /** Time a matrix product, too. */
  speed: z.boolean().optional(),
});
export type TrialRequest = Readonly<z.output<typeof request>>;

/** The backend in use, as a process tells it of itself. */
export const runningBackend = z.strictObject({
  name: z.enum(rungs),
  version: z.string(),
  kind: z.enum(['gpu', 'cpu']),
  device: z.string(),
  memoryBytes: z.number().optional(),
  driver: z.string().optional(),
  tensorBytes: z.number().optional(),
  threads: z.number(),
  note: z.string().optional(),
});
export type RunningBackend = Readonly<z.output<typeof runningBackend>>;

/** A case that has no result is infinitely far from its reference; zod's own numbers are finite. */
const distance = z.custom<number>((value) => typeof value === 'number');

export const testedCase = z.object({
  topic: z.string(),
  name: z.string(),
  error: distance,
  limit: z.number(),
  leaked: z.number(),
  passed: z.boolean(),
  fault: z.string().optional(),
});
export type TestedCase = Readonly<z.output<typeof testedCase>>;

/** What it answers: `started`, then each case of the suite, then the speed, then `done`; or `failed`. */
export const answer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('started'), backend: runningBackend }),
  z.strictObject({ type: z.literal('case'), tested: testedCase, total: z.int() }),
  z.strictObject({ type: z.literal('speed'), gigaflops: z.number(), size: z.int() }),
  z.strictObject({ type: z.literal('done') }),
  z.strictObject({
    type: z.literal('failed'),
    error: z.object({ code: z.string(), details: z.record(z.string(), z.union([z.string(), z.number()])) }),
  }),
]);
export type TrialAnswer = z.output<typeof answer>;
