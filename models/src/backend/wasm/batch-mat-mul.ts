import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { allocate, callKernel, floats, free, matrix, multiply } from './heap.js';
import { wasmKernel } from './kernel.js';
import { type Strided, smallProduct } from './small-product.js';

/** Multiplications up to which one product costs less than setting XNNPACK up for it. */
const smallWork = 4096;

/**
 * Batched matrix product: a [..., m, k] · b [..., k, n] = [..., m, n], leading axes broadcast.
 * The stock kernel runs scalar code for every transposed or batched pair (a fiftieth of XNNPACK's speed) and sizes
 * its output wrongly when both sides broadcast. Which path a product takes depends on its shape alone.
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
    const shape = [...batch, a.rows, b.columns];
    if (tf.util.sizeFromShape(shape) === 0) return allocate(backend, shape);
    const one = tf.util.sizeFromShape(batch) === 1;
    if (a.rows * a.columns * b.columns <= smallWork && !one) return smallPairs(backend, a, b, batch);
    if (one && b.transposed && a.rows * 4 < b.columns) return fewRows(backend, a, b, shape);
    return pairs(backend, a, b, batch);
  },
  ({ inputs: { a, b } }) => a.dtype === 'float32' && b.dtype === 'float32',
);

/** Matrices [rows, columns], one behind the other; `transposed` says that they lie as [columns, rows]. */
interface Stack {
  readonly tensor: tf.TensorInfo;
  readonly batch: number[];
  readonly rows: number;
  readonly columns: number;
  readonly transposed: boolean;
}

function stack(tensor: tf.TensorInfo, transposed: boolean): Stack {
  const batch = tensor.shape.slice(0, -2);
  const [first = 1, second = 1] = tensor.shape.slice(-2);
  return transposed
    ? { tensor, batch, rows: second, columns: first, transposed: first > 1 && second > 1 }
    : { tensor, batch, rows: first, columns: second, transposed: false };
}

/** Many small products, each by a plain loop where its operands lie. */
function smallPairs(backend: WasmBackend, a: Stack, b: Stack, batch: readonly number[]): tf.TensorInfo {
  const out = allocate(backend, [...batch, a.rows, b.columns]);
  const left = eachMatrix(backend, a, batch);
  const right = eachMatrix(backend, b, batch);
  const target = floats(backend, out);
  const size = a.rows * b.columns;
  for (const [pair, matrixA] of left.entries()) {
    smallProduct(matrixA, right[pair]!, target, pair * size, a.rows, a.columns, b.columns);
  }
  return out;
}

function eachMatrix(backend: WasmBackend, s: Stack, batch: readonly number[]): readonly Strided[] {
  const values = floats(backend, s.tensor);
  const [rowStride, columnStride] = s.transposed ? [1, s.rows] : [s.columns, 1];
  return broadcastIndex(s.batch, batch).map((index) => ({
    values,
    at: index * s.rows * s.columns,
    rowStride,
    columnStride,
  }));
}

/** a · bᵀ for few rows of a, as (b · aᵀ)ᵀ: the gradient by a dense layer's input, without turning its weights. */
function fewRows(backend: WasmBackend, a: Stack, b: Stack, shape: readonly number[]): tf.TensorInfo {
  const turned = a.transposed
    ? a.tensor
    : callKernel(backend, 'Transpose', { x: { ...a.tensor, shape: [a.rows, a.columns] } }, { perm: [1, 0] });
  const product = allocate(backend, [b.columns, a.rows]);
  multiply(
    backend,
    matrix(b.tensor, b.columns, b.rows),
    matrix(turned, a.columns, a.rows),
    matrix(product, b.columns, a.rows),
  );
  const out = callKernel(backend, 'Transpose', { x: product }, { perm: [1, 0] });
  free(backend, product, ...(a.transposed ? [] : [turned]));
  return { ...out, shape: [...shape] };
}

/** Products through XNNPACK, one after another; all in one where there is a single right operand. */
function pairs(backend: WasmBackend, left: Stack, right: Stack, batch: readonly number[]): tf.TensorInfo {
  const a = untransposed(backend, left);
  const b = untransposed(backend, right);
  const out = allocate(backend, [...batch, a.rows, b.columns]);
  const count = tf.util.sizeFromShape([...batch]);
  if (a.columns === 0) {
    floats(backend, out).fill(0);
  } else if (tf.util.sizeFromShape(b.batch) === 1) {
    const rows = count * a.rows;
    multiply(
      backend,
      matrix(a.tensor, rows, a.columns),
      matrix(b.tensor, b.rows, b.columns),
      matrix(out, rows, b.columns),
    );
  } else {
    const leftIndex = broadcastIndex(a.batch, batch);
    const rightIndex = broadcastIndex(b.batch, batch);
    for (let pair = 0; pair < count; pair++) {
      multiply(
        backend,
        { ...a, at: leftIndex[pair]! * a.rows * a.columns },
        { ...b, at: rightIndex[pair]! * b.rows * b.columns },
        { tensor: out, at: pair * a.rows * b.columns, rows: a.rows, columns: b.columns },
      );
    }
  }
  free(backend, ...(left.transposed ? [a.tensor] : []), ...(right.transposed ? [b.tensor] : []));
  return out;
}

/** The same matrices, lying untransposed; the caller frees a copy. */
function untransposed(backend: WasmBackend, s: Stack): Stack {
  if (!s.transposed) return s;
  const rank = s.batch.length;
  const perm = [...s.batch.keys(), rank + 1, rank];
  return { ...s, tensor: callKernel(backend, 'Transpose', { x: s.tensor }, { perm }), transposed: false };
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
