import type { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { address, allocate, floats, scratch } from './heap.js';
import { wasmKernel } from './kernel.js';
import { bytesPerFloat, padded } from './product.js';
import { simd } from './simd/index.js';

/** `BatchNorm` of the fused kernels. Kept for the gradient: mean, 1/√(variance + eps), nothing. */
export const batchNorm = wasmKernel<'x' | 'gamma' | 'beta', { readonly eps: number }>(
  'BatchNorm',
  ({ backend, inputs: { x, gamma, beta }, attrs: { eps } }) => {
    const { rows, channels } = shapeOf(x);
    const y = allocate(backend, x.shape);
    const [mean, variance, kept, inverse, none] = [[channels], [channels], [channels], [channels], [0]].map((shape) =>
      allocate(backend, shape),
    ) as Five;
    const at = (tensor: tf.TensorInfo) => address(backend, tensor);
    const { columns } = simd(backend);
    withChannels(backend, channels, 1, ([scale]) => {
      if (rows * channels === 0) return;
      columns.columnSums(at(x), rows, channels, at(mean));
      const [means, variances, inverses] = [mean, variance, inverse].map((t) => floats(backend, t)) as Three;
      for (let i = 0; i < channels; i++) means[i] = means[i]! / rows;
      floats(backend, kept).set(means);
      columns.columnSquares(at(x), at(mean), rows, channels, at(variance));
      const gains = floats(backend, gamma);
      const scales = new Float32Array(backend.wasm.HEAPU8.buffer, scale, channels);
      for (let i = 0; i < channels; i++) {
        variances[i] = variances[i]! / rows;
        inverses[i] = 1 / Math.sqrt(variances[i]! + eps);
        scales[i] = gains[i]! * inverses[i]!;
      }
      columns.scaleShift(at(x), at(mean), scale, at(beta), rows, channels, at(y));
    });
    return [y, mean, variance, kept, inverse, none];
  },
);

type Five = [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
type Three = [Float32Array, Float32Array, Float32Array];

/**
 * `BatchNormGradient` of the fused kernels: with s = Σ dy, p = Σ dy·(x − mean) and k = gamma·inverse,
 * `dx = k·dy − (k·inverse²·p/rows)·(x − mean) − k·s/rows`.
 */
export const batchNormGradient = wasmKernel<'dy' | 'x' | 'gamma' | 'saved0' | 'saved1' | 'saved2', unknown>(
  'BatchNormGradient',
  ({ backend, inputs: { dy, x, gamma, saved0: mean, saved1: inverse } }) => {
    const { rows, channels } = shapeOf(x);
    const dx = allocate(backend, x.shape);
    const dgamma = allocate(backend, [channels]);
    const dbeta = allocate(backend, [channels]);
    const at = (tensor: tf.TensorInfo) => address(backend, tensor);
    const { columns } = simd(backend);
    withChannels(backend, channels, 3, ([scale, lean, shift]) => {
      if (rows * channels === 0) return;
      columns.columnProducts(at(dy), at(x), at(mean), rows, channels, at(dbeta), at(dgamma));
      const view = (start: number) => new Float32Array(backend.wasm.HEAPU8.buffer, start, channels);
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

function shapeOf({ shape }: tf.TensorInfo): { rows: number; channels: number } {
  const [rows = 1, channels = 1] = shape;
  return { rows, channels };
}

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
