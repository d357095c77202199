import { tf } from '../tensorflow.js';
import { cells, hasCells } from './heap.js';
import { wasmKernel } from './kernel.js';

/** A tensor repeated along its axes, by copies that double. The stock kernel goes cell by cell. */
export const tile = wasmKernel<'x', tf.TileAttrs>(
  'Tile',
  ({ backend, inputs: { x }, attrs: { reps } }) => {
    const shape = x.shape.map((size, axis) => size * (reps[axis] ?? 1));
    const out = backend.makeOutput(shape, x.dtype);
    if (tf.util.sizeFromShape(shape) === 0) return out;
    const source = cells(backend, x);
    const target = cells(backend, out);
    const from = [...tf.util.computeStrides(x.shape), 1];
    const to = [...tf.util.computeStrides(shape), 1];
    const plain = plainFrom(reps);
    const write = (axis: number, read: number, at: number): void => {
      const count = x.shape[axis] ?? 1;
      const step = from[axis] ?? 1;
      const stride = to[axis] ?? 1;
      if (axis >= plain) target.set(source.subarray(read, read + count * step), at);
      else for (let i = 0; i < count; i++) write(axis + 1, read + i * step, at + i * stride);
      const once = count * stride;
      const all = once * (reps[axis] ?? 1);
      if (once === 1) target.fill(target[at] ?? 0, at, at + all);
      else
        for (let have = once; have < all; have *= 2) target.copyWithin(at + have, at, at + Math.min(have, all - have));
    };
    write(0, 0, 0);
    return out;
  },
  ({ inputs: { x }, attrs: { reps } }) => hasCells(x) && reps.length === x.shape.length,
);

/** The first axis after which nothing repeats. */
function plainFrom(reps: readonly number[]): number {
  let axis = reps.length - 1;
  while (axis > 0 && reps[axis] === 1) axis--;
  return Math.max(0, axis);
}
