import type { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { address, allocate, bytesPerFloat, floats, floatsAt, padded, scratch, zero } from './heap.js';
import { fused } from './kernel.js';
import { shape2 } from './shapes.js';
import { simd } from './simd/index.js';

export const layerNorm = fused('LayerNorm', ({ backend, inputs: { x, gamma, beta }, attrs: { eps } }) => {
  const [rows, width] = shape2(x.shape);
  const y = allocate(backend, x.shape);
  const mean = allocate(backend, [rows]);
  const inverse = allocate(backend, [rows]);
  const at = (tensor: tf.TensorInfo) => address(backend, tensor);
  if (rows * width > 0) {
    simd(backend).rows.layerNorm(at(x), at(gamma), at(beta), rows, width, eps, at(y), at(mean), at(inverse));
  }
  return [y, mean, inverse];
});

/** The sums over the rows are collected by blocks, in double precision. */
export const layerNormGradient = fused('LayerNormGradient', ({ backend, inputs: { dy, x, gamma, mean, inverse } }) => {
  const [rows, width] = shape2(x.shape);
  const dx = allocate(backend, x.shape);
  const dgamma = allocate(backend, [width]);
  const dbeta = allocate(backend, [width]);
  const at = (tensor: tf.TensorInfo) => address(backend, tensor);
  const stride = padded(width, 4) * bytesPerFloat;
  const totals = { gamma: new Float64Array(width), beta: new Float64Array(width) };
  scratch(backend, 2 * stride, (memory) => {
    for (let row = 0; row < rows; row += rowBlock) {
      const count = Math.min(rowBlock, rows - row);
      const skip = row * bytesPerFloat;
      zero(backend, memory, 2 * stride);
      simd(backend).rows.layerNormGradient(
        at(dy) + skip * width,
        at(x) + skip * width,
        at(gamma),
        at(mean) + skip,
        at(inverse) + skip,
        count,
        width,
        at(dx) + skip * width,
        memory,
        memory + stride,
      );
      addTo(totals.gamma, backend, memory);
      addTo(totals.beta, backend, memory + stride);
    }
  });
  floats(backend, dgamma).set(totals.gamma);
  floats(backend, dbeta).set(totals.beta);
  return [dx, dgamma, dbeta];
});

/** Rows whose share of a sum is formed in single precision. */
const rowBlock = 64;

function addTo(total: Float64Array, backend: WasmBackend, part: number): void {
  const values = floatsAt(backend, part, total.length);
  for (let i = 0; i < total.length; i++) total[i] = total[i]! + values[i]!;
}
