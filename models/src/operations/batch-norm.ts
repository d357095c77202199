import { fusedKernel, output, tf } from '../backend/index.js';
import { withGradient } from './hand-written-gradient.js';

/** What batch normalisation gives while training. Mean and variance carry no gradient: they feed the moving averages. */
export interface BatchNormResult {
  /** [rows, channels] */
  readonly y: tf.Tensor2D;
  /** Of the batch, [channels]. */
  readonly mean: tf.Tensor1D;
  /** Biased (divided by the count of rows), [channels]. */
  readonly variance: tf.Tensor1D;
}

/**
 * Normalises each channel with the batch's own mean and biased variance, then scales and shifts (Ioffe & Szegedy 2015):
 * x [rows, channels], gamma and beta [channels]; rows are all samples and pixels.
 *
 * With h the normalised values the gradient is `dx = gamma/√(var + eps) · (dy − mean(dy) − h·mean(dy·h))`.
 */
export function batchNorm(x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D, eps: number): BatchNormResult {
  const forward = fusedKernel('BatchNorm');
  const backward = fusedKernel('BatchNormGradient');
  let statistics: Omit<BatchNormResult, 'y'> | null = null;
  const note = (mean: tf.Tensor1D, variance: tf.Tensor1D): void => {
    statistics = { mean: tf.keep(mean), variance: tf.keep(variance) };
  };
  const normalise = forward === null || backward === null ? plain(eps, note) : fused(forward, backward, eps, note);
  const y = normalise(x, gamma, beta);
  if (statistics === null) throw new TypeError('batch normalisation gave no statistics');
  const { mean, variance } = statistics as Omit<BatchNormResult, 'y'>;
  return { y, mean: handOver(mean), variance: handOver(variance) };
}

/** The operation's own scope would free what is not its value: a kept tensor is put under its caller's scope again. */
function handOver(kept: tf.Tensor1D): tf.Tensor1D {
  const handed = kept.clone();
  kept.dispose();
  return handed;
}

type Note = (mean: tf.Tensor1D, variance: tf.Tensor1D) => void;

const plain = (eps: number, note: Note) =>
  withGradient((x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D) => {
    const mean = x.mean<tf.Tensor1D>(0);
    const centred = x.sub(mean);
    const variance = centred.square().mean<tf.Tensor1D>(0);
    const inverse = variance.add(eps).rsqrt();
    const normalised = centred.mul(inverse);
    note(mean, variance);
    return {
      value: normalised.mul(gamma).add<tf.Tensor2D>(beta),
      keep: [normalised, inverse, gamma] as const,
      backward: (dy, [h, factor, gain]) => {
        const rows = dy.shape[0];
        const shiftSlope = dy.sum(0);
        const scaleSlope = dy.mul(h).sum(0);
        const dx = dy
          .sub(shiftSlope.div(rows))
          .sub(h.mul(scaleSlope.div(rows)))
          .mul(gain.mul(factor));
        return [dx, scaleSlope, shiftSlope];
      },
    };
  });

const fused = (
  forward: NonNullable<ReturnType<typeof fusedKernel<'BatchNorm'>>>,
  backward: NonNullable<ReturnType<typeof fusedKernel<'BatchNormGradient'>>>,
  eps: number,
  note: Note,
) =>
  withGradient((x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D) => {
    const outputs = forward({ x, gamma, beta }, { eps });
    note(output(outputs, 1), output(outputs, 2));
    return {
      value: output<tf.Tensor2D>(outputs, 0),
      keep: [x, gamma, output(outputs, 3), output(outputs, 4), output(outputs, 5)] as const,
      backward: (dy, [rows, gain, saved0, saved1, saved2]) => [
        ...backward({ dy, x: rows, gamma: gain, saved0, saved1, saved2 }, { eps }),
      ],
    };
  });
