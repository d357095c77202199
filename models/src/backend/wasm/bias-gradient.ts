import { address, allocate, floats, sizeOf } from './heap.js';
import { fused } from './kernel.js';
import { simd } from './simd/index.js';

export const biasGradient = fused('BiasGradient', ({ backend, inputs: { dy } }) => {
  const width = dy.shape.at(-1) ?? 1;
  const out = allocate(backend, [width]);
  const rows = sizeOf(dy) / width;
  if (sizeOf(dy) === 0) floats(backend, out).fill(0);
  else simd(backend).columns.columnSums(address(backend, dy), rows, width, address(backend, out));
  return out;
});
