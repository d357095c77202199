import { address, allocate, floats, sizeOf } from './heap.js';
import { fused } from './kernel.js';
import { multiply } from './product.js';

/** Bias and activation happen on the product's way to memory. */
export const fusedDense = fused('FusedDense', ({ backend, inputs: { x, kernel, bias }, attrs: { activation } }) => {
  const [m = 0, k = 0] = x.shape;
  const n = bias.shape[0] ?? 0;
  const out = allocate(backend, [m, n]);
  if (sizeOf(out) === 0) return out;
  const relu = activation === 'relu';
  if (k === 0) {
    const row = floats(backend, bias).map((value) => (relu ? Math.max(0, value) : value));
    for (let i = 0; i < m; i++) floats(backend, out).set(row, i * n);
    return out;
  }
  const left = { address: address(backend, x), rowStride: k, columnStride: 1 };
  const right = { address: address(backend, kernel), rowStride: n, columnStride: 1 };
  multiply(backend, left, right, address(backend, out), { m, k, n }, { bias: address(backend, bias), relu });
  return out;
});
