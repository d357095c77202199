import type { Mode } from '../../layers/index.js';

/** Brings samples to the device, a batch at a time. */
export interface Feed<Input> {
  /** The input of some rows, in their order. Call it within `tf.tidy`. The mode's seed decides what is drawn for them, as an augmentation. */
  readonly take: (rows: Int32Array, mode: Mode) => Input;
  /** Frees what lies on the device. */
  readonly dispose: () => void;
}
