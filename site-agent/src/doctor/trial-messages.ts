import { wireError } from '@consilium/shared/wire';
import { z } from 'zod';
import { siteSettings } from '../config/index.js';

/** What a trial of a backend is asked for, as in site.yaml. */
export const trialRequest = z.strictObject({
  backend: siteSettings.shape.backend,
  device: z.enum(['any', 'gpu', 'cpu']).default('any'),
});
export type TrialRequest = z.output<typeof trialRequest>;

/** The backend in use, as the ladder describes it. */
export const backendInUse = z.object({
  name: z.enum(['native', 'webgpu', 'wasm', 'cpu']),
  version: z.string(),
  device: z.string(),
  kind: z.enum(['gpu', 'cpu']),
  threads: z.number(),
  memoryBytes: z.number().optional(),
  driver: z.string().optional(),
  tensorBytes: z.number().optional(),
  note: z.string().optional(),
});
export type BackendInUse = Readonly<z.output<typeof backendInUse>>;

/** What the trial's process says, in this order; a fault ends it. */
export const trialMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('backend'), backend: backendInUse }),
  z.strictObject({ type: z.literal('speed'), gigaflops: z.number(), size: z.int() }),
  z.strictObject({ type: z.literal('fault'), error: wireError }),
]);
export type TrialMessage = z.input<typeof trialMessage>;
