import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { address, cells, hasCells } from './heap.js';
import { wasmKernel } from './kernel.js';
import { simd } from './simd/index.js';

/**
 * A tensor with its axes in another order: axis i of the output is axis perm[i] of x. The stock kernel takes half a
 * microsecond a value from rank 5 on, which splitting attention heads needs.
 */
export const transpose = wasmKernel<'x', tf.TransposeAttrs>(
  'Transpose',
  ({ backend, inputs: { x }, attrs: { perm } }) => {
    const shape = perm.map((axis) => x.shape[axis] ?? 1);
    const out = backend.makeOutput(shape, x.dtype);
    if (tf.util.sizeFromShape(shape) === 0) return out;
    const strides = [...tf.util.computeStrides(x.shape), 1];
    const axes = merged(perm.map((axis, i) => ({ size: shape[i] ?? 1, stride: strides[axis] ?? 1 })));
    if (tf.util.bytesPerElement(x.dtype) === 4) permuteWords(backend, address(backend, x), address(backend, out), axes);
    else permute(cells(backend, x), cells(backend, out), axes);
    return out;
  },
  ({ inputs: { x } }) => hasCells(x),
);

/** An axis of the output: its size, and how far apart its neighbours lie in the input. */
interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** The same walk with as few axes as will do; at least one. */
function merged(axes: readonly Axis[]): readonly Axis[] {
  const kept: Axis[] = [];
  for (const axis of axes) {
    const last = kept.at(-1);
    if (axis.size === 1) continue;
    if (last?.stride === axis.size * axis.stride) kept[kept.length - 1] = { ...axis, size: last.size * axis.size };
    else kept.push(axis);
  }
  return kept.length > 0 ? kept : [{ size: 1, stride: 1 }];
}

const wordBytes = 4;

/** Values of 32 bits, by SIMD: rows that lie in one piece are copied, two innermost axes that change places are turned. */
function permuteWords(backend: WasmBackend, from: number, to: number, axes: readonly Axis[]): void {
  const { movement, product } = simd(backend);
  const depth = axes.length;
  const outer = axes[depth - 2] ?? { size: 1, stride: 0 };
  const inner = axes[depth - 1]!;
  const area = outer.size * inner.size;
  let write = to;
  const block = (at: number): void => {
    if (inner.stride === 1) {
      movement.gatherRows(at, outer.stride * wordBytes, outer.size, inner.size * wordBytes, write);
    } else if (outer.stride === 1) {
      product.transpose(at, inner.stride * wordBytes, inner.size, outer.size, write, inner.size * wordBytes);
    } else {
      for (let i = 0; i < outer.size; i++) {
        const start = at + i * outer.stride * wordBytes;
        movement.gatherRows(start, inner.stride * wordBytes, inner.size, wordBytes, write + i * inner.size * wordBytes);
      }
    }
    write += area * wordBytes;
  };
  const walk = (level: number, at: number): void => {
    if (level >= depth - 2) {
      block(at);
      return;
    }
    const { size, stride } = axes[level]!;
    for (let i = 0; i < size; i++) walk(level + 1, at + i * stride * wordBytes);
  };
  walk(0, from);
}

type Cells = ReturnType<typeof cells>;

/** Values of one byte each, which only masks have. */
function permute(source: Cells, target: Cells, axes: readonly Axis[]): void {
  let at = 0;
  const walk = (level: number, from: number): void => {
    const { size, stride } = axes[level]!;
    for (let i = 0, read = from; i < size; i++, read += stride) {
      if (level === axes.length - 1) target[at++] = source[read]!;
      else walk(level + 1, read);
    }
  };
  walk(0, 0);
}
