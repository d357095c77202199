import { dropoutThreshold, philoxStart } from '../philox.js';
import { address, allocate, sizeOf } from './heap.js';
import { fused } from './kernel.js';
import { simd } from './simd/index.js';

/** Bit for bit what the plain form draws. */
export const dropoutMask = fused('DropoutMask', ({ backend, attrs: { shape, rate, seed } }) => {
  const { key, counter } = philoxStart(seed);
  const out = allocate(backend, shape);
  if (sizeOf(out) === 0) return out;
  const [dropped, kept] = [dropoutThreshold(rate), 1 / (1 - rate)];
  simd(backend).philox.dropoutMask(address(backend, out), sizeOf(out), ...key, ...counter, dropped, kept);
  return out;
});
