import { tf } from '../tensorflow.js';
import { address, allocate, bytesPerFloat, floats, sizeOf } from './heap.js';
import { wasmKernel } from './kernel.js';
import { multiplyEach } from './product.js';

/**
 * Batched matrix product: a [..., m, k] · b [..., k, n] = [..., m, n], leading axes broadcast.
 * The stock kernel runs scalar code for every transposed or batched pair (a fiftieth of the speed) and sizes its output wrongly when
 * both sides broadcast.
 */
export const batchMatMul = wasmKernel<'a' | 'b', tf.BatchMatMulAttrs>(
  'BatchMatMul',
  ({ backend, inputs, attrs }) => {
    const a = stack(inputs.a, attrs.transposeA);
    const b = stack(inputs.b, attrs.transposeB);
    if (a.columns !== b.rows) {
      throw new Error(`matMul: [${inputs.a.shape}] and [${inputs.b.shape}] do not share an inner size`);
    }
    const batch = tf.backend_util.assertAndGetBroadcastShape(a.batch, b.batch);
    const out = allocate(backend, [...batch, a.rows, b.columns]);
    if (sizeOf(out) === 0) return out;
    if (a.columns === 0) {
      floats(backend, out).fill(0);
      return out;
    }
    const [atA, atB] = [address(backend, inputs.a), address(backend, inputs.b)];
    const matrices = tf.util.sizeFromShape(batch);
    const [countA, countB] = [tf.util.sizeFromShape(a.batch), tf.util.sizeFromShape(b.batch)];
    // One right factor for all the rows of the left: one product.
    const together = countB === 1 && countA === matrices && a.columnStride === 1;
    const size = { m: together ? matrices * a.rows : a.rows, k: a.columns, n: b.columns };
    const count = together ? 1 : matrices;
    const regular = [countA, countB].every((own) => own === 1 || own === matrices);
    const indexA = regular ? null : broadcastIndex(a.batch, batch);
    const indexB = regular ? null : broadcastIndex(b.batch, batch);
    const [bytesA, bytesB] = [a.rows * a.columns * bytesPerFloat, b.rows * b.columns * bytesPerFloat];
    const steps = { a: countA === 1 ? 0 : bytesA, b: countB === 1 ? 0 : bytesB };
    multiplyEach(
      backend,
      a,
      b,
      {
        count,
        a: (pair) => atA + (indexA === null ? pair * steps.a : indexA[pair]! * bytesA),
        b: (pair) => atB + (indexB === null ? pair * steps.b : indexB[pair]! * bytesB),
        out: address(backend, out),
        steps: regular ? steps : null,
      },
      size,
    );
    return out;
  },
  ({ inputs: { a, b } }) => a.dtype === 'float32' && b.dtype === 'float32',
);

/** Matrices [rows, columns], one behind the other. */
interface Stack {
  readonly batch: number[];
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

function stack({ shape }: tf.TensorInfo, transposed: boolean): Stack {
  const batch = shape.slice(0, -2);
  const [first = 1, second = 1] = shape.slice(-2);
  // A single row lies alike in both forms.
  return transposed && second > 1
    ? { batch, rows: second, columns: first, rowStride: 1, columnStride: second }
    : transposed
      ? { batch, rows: second, columns: first, rowStride: first, columnStride: 1 }
      : { batch, rows: first, columns: second, rowStride: second, columnStride: 1 };
}

/** For each flat index into `to`, the flat index into `from` that broadcasting reads. */
function broadcastIndex(from: readonly number[], to: readonly number[]): readonly number[] {
  const missing = to.length - from.length;
  return to.reduce<readonly number[]>(
    (indices, size, axis) => {
      const own = from[axis - missing] ?? 1;
      return indices.flatMap((index) => Array.from({ length: size }, (_, i) => index * own + (own === 1 ? 0 : i)));
    },
    [0],
  );
}
