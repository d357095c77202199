import { dropoutThreshold, eachPhiloxWord, fusedKernel, output, philoxSteps, tf } from '../backend/index.js';

/**
 * Mask of inverted dropout (Srivastava et al. 2014): each element is 0 with probability `rate`, to the nearest 2⁻²³, else
 * `1/(1 − rate)`. Equal seeds give the same mask on every backend.
 *
 * @param rate in [0, 1)
 * @param seeds two integers in [0, 2³¹)
 */
export function dropoutMask(shape: readonly number[], rate: number, seeds: readonly [number, number]): tf.Tensor {
  const fused = fusedKernel('DropoutMask');
  if (fused !== null) return output(fused({}, { shape, rate, seed: seeds }), 0);
  const dropped = dropoutThreshold(rate);
  const kept = 1 / (1 - rate);
  const mask = new Float32Array(tf.util.sizeFromShape([...shape]));
  eachPhiloxWord(mask.length, seeds, (index, word) => {
    mask[index] = (word & (philoxSteps - 1)) < dropped ? 0 : kept;
  });
  return tf.tensor(mask, [...shape]);
}
