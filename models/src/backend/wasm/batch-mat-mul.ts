import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { allocate, callKernel, floats, free, matrix, multiply } from './heap.js';
import { wasmKernel } from './kernel.js';

/**
 * Batched matrix product: a [..., m, k] · b [..., k, n] = [..., m, n], leading axes broadcast.
 * The stock kernel runs scalar code for every transposed or batched pair (a fiftieth of XNNPACK's speed) and sizes
 * its output wrongly when both sides broadcast.
 */
export const batchMatMul = wasmKernel<'a' | 'b', tf.BatchMatMulAttrs>(
  'BatchMatMul',
  ({ backend, inputs, attrs }) => {
    const a = untransposed(backend, inputs.a, attrs.transposeA);
    const b = untransposed(backend, inputs.b, attrs.transposeB);
    if (a.columns !== b.rows) {
      throw new Error(`matMul: [${inputs.a.shape}] and [${inputs.b.shape}] do not share an inner size`);
    }
    const batch = tf.backend_util.assertAndGetBroadcastShape(a.batch, b.batch);
    const out = allocate(backend, [...batch, a.rows, b.columns]);
    if (a.columns === 0) floats(backend, out).fill(0);
    else if (tf.util.sizeFromShape(out.shape) > 0) multiplyBatch(backend, a, b, batch, out);
    free(backend, ...a.owned, ...b.owned);
    return out;
  },
  ({ inputs: { a, b } }) => a.dtype === 'float32' && b.dtype === 'float32',
);

interface Stack {
  readonly tensor: tf.TensorInfo;
  readonly batch: number[];
  readonly rows: number;
  readonly columns: number;
  readonly owned: readonly tf.TensorInfo[];
}

function untransposed(backend: WasmBackend, tensor: tf.TensorInfo, transpose: boolean): Stack {
  const rank = tensor.shape.length;
  const batch = tensor.shape.slice(0, -2);
  const [rows = 1, columns = 1] = tensor.shape.slice(-2);
  if (!transpose) return { tensor, batch, rows, columns, owned: [] };
  const swapped = { batch, rows: columns, columns: rows };
  if (rows === 1 || columns === 1) return { ...swapped, tensor, owned: [] };
  const perm = [...batch.keys(), rank - 1, rank - 2];
  const turned = callKernel(backend, 'Transpose', { x: tensor }, { perm });
  return { ...swapped, tensor: turned, owned: [turned] };
}

function multiplyBatch(backend: WasmBackend, a: Stack, b: Stack, batch: readonly number[], out: tf.TensorInfo): void {
  const pairs = tf.util.sizeFromShape([...batch]);
  if (tf.util.sizeFromShape(b.batch) === 1) {
    const rows = pairs * a.rows;
    multiply(
      backend,
      matrix(a.tensor, rows, a.columns),
      matrix(b.tensor, b.rows, b.columns),
      matrix(out, rows, b.columns),
    );
    return;
  }
  const left = broadcastIndex(a.batch, batch);
  const right = broadcastIndex(b.batch, batch);
  for (let pair = 0; pair < pairs; pair++) {
    multiply(
      backend,
      { ...a, at: (left[pair] ?? 0) * a.rows * a.columns },
      { ...b, at: (right[pair] ?? 0) * b.rows * b.columns },
      { tensor: out, at: pair * a.rows * b.columns, rows: a.rows, columns: b.columns },
    );
  }
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
