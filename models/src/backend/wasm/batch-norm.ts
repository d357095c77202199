import type { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { address, allocate, bytesPerFloat, floats, floatsAt, padded, scratch } from './heap.js';
import { fused } from './kernel.js';
import { shape2 } from './shapes.js';
import { simd } from './simd/index.js';

/** Kept for the gradient: mean, 1/√(variance + eps), nothing. */
export const batchNorm = fused('BatchNorm', ({ backend, inputs: { x, gamma, beta }, attrs: { eps } }) => {
  const [rows, channels] = shape2(x.shape);
  const y = allocate(backend, x.shape);
  const mean = allocate(backend, [channels]);
  const variance = allocate(backend, [channels]);
  const kept = allocate(backend, [channels]);
  const inverse = allocate(backend, [channels]);
  const none = allocate(backend, [0]);
  const at = (tensor: tf.TensorInfo) => address(backend, tensor);
  const { columns } = simd(backend);
  withChannels(backend, channels, 1, ([scale]) => {
    if (rows * channels === 0) return;
    columns.columnSums(at(x), rows, channels, at(mean));
    const [means, variances] = [floats(backend, mean), floats(backend, variance)];
    const [gains, inverses] = [floats(backend, gamma), floats(backend, inverse)];
    for (let i = 0; i < channels; i++) means[i] = means[i]! / rows;
    floats(backend, kept).set(means);
    columns.columnSquares(at(x), at(mean), rows, channels, at(variance));
    const scales = floatsAt(backend, scale, channels);
    for (let i = 0; i < channels; i++) {
      variances[i] = variances[i]! / rows;
      inverses[i] = 1 / Math.sqrt(variances[i]! + eps);
      scales[i] = gains[i]! * inverses[i]!;
    }
    columns.scaleShift(at(x), at(mean), scale, at(beta), rows, channels, at(y));
  });
  return [y, mean, variance, kept, inverse, none];
});

/**
 * With s = Σ dy, p = Σ dy·(x − mean) and k = gamma·inverse:
 * `dx = k·dy − (k·inverse²·p/rows)·(x − mean) − k·s/rows`.
 */
export const batchNormGradient = fused(
  'BatchNormGradient',
  ({ backend, inputs: { dy, x, gamma, saved0: mean, saved1: inverse } }) => {
    const [rows, channels] = shape2(x.shape);
    const dx = allocate(backend, x.shape);
    const dgamma = allocate(backend, [channels]);
    const dbeta = allocate(backend, [channels]);
    const at = (tensor: tf.TensorInfo) => address(backend, tensor);
    const { columns } = simd(backend);
    withChannels(backend, channels, 3, ([scale, lean, shift]) => {
      if (rows * channels === 0) return;
      columns.columnProducts(at(dy), at(x), at(mean), rows, channels, at(dbeta), at(dgamma));
      const view = (start: number) => floatsAt(backend, start, channels);
      const [scales, leans, shifts] = [view(scale), view(lean), view(shift)];
      const [gains, inverses] = [floats(backend, gamma), floats(backend, inverse)];
      const [sums, products] = [floats(backend, dbeta), floats(backend, dgamma)];
      for (let i = 0; i < channels; i++) {
        const k = gains[i]! * inverses[i]!;
        products[i] = products[i]! * inverses[i]!;
        scales[i] = k;
        leans[i] = (-k * inverses[i]! * products[i]!) / rows;
        shifts[i] = (-k * sums[i]!) / rows;
      }
      columns.scaleLean(at(dy), scale, at(x), at(mean), lean, shift, rows, channels, at(dx));
    });
    return [dx, dgamma, dbeta];
  },
);

/** Lends room for values by channel, whole vectors of four each. */
function withChannels(
  backend: WasmBackend,
  channels: number,
  count: number,
  use: (memory: [number, number, number]) => void,
): void {
  const stride = padded(channels, 4) * bytesPerFloat;
  scratch(backend, count * stride, (memory) => {
    use([memory, memory + stride, memory + 2 * stride]);
  });
}
