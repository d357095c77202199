import { tf } from '../backend/index.js';
import { withGradient } from '../operations/index.js';
import type { Findings } from './positives.js';

export interface BitOptions {
  /** A weight of the ones of each bit, [bits]; 1 where left out. */
  readonly positiveWeights?: tf.Tensor1D | undefined;
  /** 1 where an element counts and 0 where it does not, [rows, bits]. Left out: all count. */
  readonly counted?: tf.Tensor2D | undefined;
}

/**
 * Mean binary cross-entropy from logits, a scalar: `(1/N) Σ w · (softplus(z) − z·y)` over the N elements that count, w the weight of
 * its bit where y is 1, else 1. The sum is divided by N, not by the sum of weights. Targets [rows, bits] are 0 or 1. Where nothing counts
 * it is 0. Gradient for the logits: `w · (σ(z) − y) / N`.
 */
export function binaryCrossEntropy(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  { positiveWeights, counted }: BitOptions = {},
): tf.Scalar {
  const weighted = positiveWeights && targets.mul(positiveWeights.sub(1)).add(1);
  const elements = counted === undefined ? tf.scalar(logits.size) : counted.sum().maximum(1);
  const weights = (weighted && counted ? weighted.mul(counted) : (weighted ?? counted ?? tf.scalar(1))).div(elements);
  const loss = withGradient((z: tf.Tensor) => ({
    value: z.softplus().sub(z.mul(targets)).mul(weights).sum<tf.Scalar>(),
    keep: [z, targets, weights] as const,
    backward: (dy, [given, y, w]) => [given.sigmoid().sub(y).mul(w).mul(dy)],
  }));
  return loss(logits);
}

/**
 * The weight of the ones of each bit, [bits]: zeros to one, `n₀/n₁` over the rows in which the bit was tested, at most `limit`, and
 * that where there is no one at all. It keeps a reconstruction of rare findings from being all zeros.
 */
export function positiveWeights({ bits, rows, tested }: Findings, limit: number): Float32Array {
  if (rows === 0 || bits.length % rows !== 0) throw new RangeError(`${bits.length} bits for ${rows} rows`);
  const width = bits.length / rows;
  return Float32Array.from({ length: width }, (_, bit) => {
    let [zeros, ones] = [0, 0];
    for (let place = bit; place < bits.length; place += width) {
      if (tested?.[place] === 0) continue;
      if (bits[place] === 1) ones++;
      else zeros++;
    }
    return ones === 0 ? limit : Math.min(limit, zeros / ones);
  });
}
