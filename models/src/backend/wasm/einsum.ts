import { apart, parseEquation, shared } from '../einsum-equation.js';
import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { free } from './heap.js';
import { callKernel, wasmKernel } from './kernel.js';

/**
 * Einsum of one or two operands, brought to one batched matrix product. The stock backend has no such kernel.
 * The operation hands its operands over as an array, hence the numbered names.
 */
export const einsum = wasmKernel<string, { readonly equation: string }>('Einsum', ({ backend, inputs, attrs }) => {
  const { terms, result } = parseEquation(attrs.equation);
  const [first, second] = terms.map((axes, operand) => labelled(inputs[operand], axes));
  if (first === undefined) throw new Error('einsum: no operand');
  if (second === undefined) return single(backend, first, result);
  const a = summedTo(backend, first, shared(first.axes, second.axes + result));
  const b = summedTo(backend, second, shared(second.axes, first.axes + result));
  const common = shared(a.axes, b.axes);
  const batch = shared(common, result);
  const inner = apart(common, result);
  const left = apart(a.axes, common);
  const right = apart(b.axes, common);
  const orderedA = ordered(backend, a, batch + left + inner);
  const orderedB = ordered(backend, b, batch + inner + right);
  const sizes = new Map([...sizesOf(a), ...sizesOf(b)]);
  const extent = (axes: string) => tf.util.sizeFromShape(shapeOf(axes, sizes));
  const product = callKernel(
    backend,
    'BatchMatMul',
    {
      a: reshaped(orderedA.tensor, [extent(batch), extent(left), extent(inner)]),
      b: reshaped(orderedB.tensor, [extent(batch), extent(inner), extent(right)]),
    },
    { transposeA: false, transposeB: false },
  );
  const axes = batch + left + right;
  const out = ordered(backend, { tensor: reshaped(product, shapeOf(axes, sizes)), axes, owned: [product] }, result);
  freeAllBut(backend, out, [orderedA, orderedB]);
  return out.tensor;
});

/** A tensor with a letter for each axis, and the intermediates made on the way to it. */
interface Labelled {
  readonly tensor: tf.TensorInfo;
  readonly axes: string;
  readonly owned: readonly tf.TensorInfo[];
}

function labelled(tensor: tf.TensorInfo | undefined, axes: string): Labelled {
  if (tensor === undefined || tensor.shape.length !== axes.length) {
    throw new Error(`einsum: an operand does not have the axes ${axes}`);
  }
  return { tensor, axes, owned: [] };
}

function single(backend: WasmBackend, operand: Labelled, result: string): tf.TensorInfo {
  const out = ordered(backend, summedTo(backend, operand, shared(operand.axes, result)), result);
  if (out.owned.length === 0) return callKernel(backend, 'Identity', { x: out.tensor });
  freeAllBut(backend, out, []);
  return out.tensor;
}

/** Frees the intermediates; the last that was made on the way to `out` is `out` itself. */
function freeAllBut(backend: WasmBackend, out: Labelled, others: readonly Labelled[]): void {
  free(backend, ...out.owned.slice(0, -1), ...others.flatMap(({ owned }) => owned));
}

/** The sum over the axes that are not in `kept`. */
function summedTo(backend: WasmBackend, { tensor, axes, owned }: Labelled, kept: string): Labelled {
  if (axes === kept) return { tensor, axes, owned };
  const axis = [...axes].flatMap((letter, i) => (kept.includes(letter) ? [] : [i]));
  const sum = callKernel(backend, 'Sum', { x: tensor }, { axis, keepDims: false });
  return { tensor: sum, axes: kept, owned: [...owned, sum] };
}

/** The same tensor with its axes in another order. */
function ordered(backend: WasmBackend, { tensor, axes, owned }: Labelled, order: string): Labelled {
  if (axes === order) return { tensor, axes, owned };
  if (order.length !== axes.length) throw new Error(`einsum: the result ${order} has an axis that no operand has`);
  const turned = callKernel(
    backend,
    'Transpose',
    { x: tensor },
    { perm: [...order].map((letter) => axes.indexOf(letter)) },
  );
  return { tensor: turned, axes: order, owned: [...owned, turned] };
}

const sizesOf = ({ tensor, axes }: Labelled): readonly (readonly [string, number])[] =>
  [...axes].map((letter, i) => [letter, tensor.shape[i] ?? 1] as const);

const shapeOf = (axes: string, sizes: ReadonlyMap<string, number>): number[] =>
  [...axes].map((letter) => sizes.get(letter) ?? 1);

/** The same values under another shape of the same size. */
const reshaped = ({ dataId, dtype }: tf.TensorInfo, shape: number[]): tf.TensorInfo => ({ dataId, shape, dtype });
