import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../../backend/index.js';
import { inference, type NamedTensors, weight } from '../../layers/index.js';
import type { Samples } from '../../samples/index.js';
import { rowsFeed } from '../../training/index.js';
import { encode, norm } from './autoencoder.js';

/** Cells that are encoded at once. */
const encodedTogether = 512;

/** The codes of all cells, [rows, latent], on the device; at least one cell. Between batches the event loop turns. */
export async function encodeAll(weights: NamedTensors, input: Samples): Promise<tf.Tensor2D> {
  const feed = rowsFeed(input, false);
  const parts: tf.Tensor2D[] = [];
  try {
    for (let start = 0; start < input.rows; start += encodedTogether) {
      const rows = Int32Array.from({ length: Math.min(encodedTogether, input.rows - start) }, (_, at) => start + at);
      parts.push(tf.tidy(() => encode(weights, feed.take(rows, inference), inference)));
      await nextTurn();
    }
    return tf.concat(parts);
  } finally {
    feed.dispose();
    tf.dispose(parts);
  }
}

/** `(code − mean) / √(variance + eps)` by the statistics that belong to the head. */
export function standardised(weights: NamedTensors, code: tf.Tensor2D): tf.Tensor2D {
  const [mean, variance] = statisticsOf(weights);
  return code.sub(mean).mul(variance.add(norm.eps).rsqrt());
}

/**
 * Sets mean and biased variance of the code from a site's training cells, where no earlier round has set them: from the second round
 * on they are those of all sites together, and stay. The encoder is at rest, so they are exact, and the head learns on one footing.
 */
export async function fitStatistics(weights: NamedTensors, codes: tf.Tensor2D): Promise<void> {
  const [mean, variance] = statisticsOf(weights);
  const [means, variances] = await Promise.all([mean.data(), variance.data()]);
  if (means.some((value) => value !== 0) || variances.some((value) => value !== 1)) return;
  tf.tidy(() => {
    const found = tf.moments(codes, 0);
    mean.assign(found.mean);
    variance.assign(found.variance);
  });
}

function statisticsOf(weights: NamedTensors): readonly [mean: tf.Variable, variance: tf.Variable] {
  const [mean, variance] = [weight(weights, 'code/moving_mean'), weight(weights, 'code/moving_variance')];
  if (mean instanceof tf.Variable && variance instanceof tf.Variable) return [mean, variance];
  throw new TypeError('a moving average must be a variable');
}
