import { tf } from '../backend/index.js';

/** Losses that still lie on the device, each of one batch. */
export interface UnreadLosses {
  /** Takes a loss over; `rows` are those of its batch. */
  readonly push: (loss: tf.Scalar, rows: number) => void;
  readonly length: () => number;
  /** Reads all at once, oldest first, and forgets them. Waits for the steps that they came from. */
  readonly read: () => Promise<readonly { readonly loss: number; readonly rows: number }[]>;
  readonly dispose: () => void;
}

export function unreadLosses(): UnreadLosses {
  let held: { readonly loss: tf.Scalar; readonly rows: number }[] = [];
  const dispose = (): void => {
    tf.dispose(held.map(({ loss }) => loss));
    held = [];
  };
  return {
    push: (loss, rows) => void held.push({ loss, rows }),
    length: () => held.length,
    async read() {
      if (held.length === 0) return [];
      const rows = held.map((one) => one.rows);
      const together = tf.stack(held.map(({ loss }) => loss));
      dispose();
      try {
        const values = await together.data();
        return rows.map((count, index) => ({ loss: values[index] ?? Number.NaN, rows: count }));
      } finally {
        together.dispose();
      }
    },
    dispose,
  };
}
