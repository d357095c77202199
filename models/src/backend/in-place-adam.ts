import { plainFormsAlone } from './fused-kernels.js';
import { tf } from './tensorflow.js';

/** What one step of Adam is taken with; `step` counts from 1. */
export interface AdamStep {
  readonly step: number;
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of the bias-corrected second moment. */
  readonly eps: number;
  /** Decoupled: weights shrink by the share `rate · weightDecay` before the step. */
  readonly weightDecay: number;
}

/**
 * Adam that changes variables where they lie, in one pass over memory. Between steps anybody may assign new values to the
 * variables; no other tensor may share their memory while a step is taken.
 */
export interface InPlaceAdam {
  /** One gradient a variable, in the order of the variables. */
  readonly apply: (gradients: readonly tf.Tensor[], step: AdamStep) => void;
  readonly dispose: () => void;
}

export type OpenInPlaceAdam = (variables: readonly tf.Variable[]) => InPlaceAdam;

const known = new Map<string, OpenInPlaceAdam>();

/** Says how a backend (by its name in TensorFlow.js) does it. */
export const registerInPlaceAdam = (backend: string, open: OpenInPlaceAdam): void => void known.set(backend, open);

/** In-place Adam of the backend in use; null where it has none: then the plain form is to be run. */
export const inPlaceAdam = (): OpenInPlaceAdam | null =>
  plainFormsAlone() ? null : (known.get(tf.getBackend()) ?? null);
