import { setImmediate as nextTurn } from 'node:timers/promises';
import { elementsOf } from '@consilium/shared/weights';
import { tf } from '../backend/index.js';
import { stream } from '../layers/index.js';
import type { LabelledSamples } from '../samples/index.js';
import { cutBatches } from './batches.js';
import type { Model } from './model.js';
import { span } from './predict.js';
import { assignTensors, readTensors } from './weights.js';

export interface Calibration {
  readonly model: Model;
  readonly samples: LabelledSamples;
  readonly batchSize: number;
  readonly seed: number;
}

/**
 * Sets the moving averages that live at a site from its own samples, where no training there has: mean and variance of each batch put
 * together to those of all rows. The other local tensors stay. Asks nothing of a network but that a BatchNorm moves its averages by
 * `moving ← momentum·moving + (1 − momentum)·batch`, from which the momentum follows.
 */
export async function calibrate({ model, samples, batchSize, seed }: Calibration): Promise<void> {
  const start = await readTensors(model.local);
  const pairs = statisticsOf(model);
  if (pairs.length === 0 || samples.rows === 0) return;
  const study = model.study(samples, { classWeights: null, seed });
  /** Values of all local tensors after a batch that found each moving average at `from`. */
  const moved = async (rows: Int32Array, index: number, from: number): Promise<Float32Array> => {
    const values = start.slice();
    for (const { mean, variance, size } of pairs) {
      values.fill(from, mean, mean + size);
      values.fill(from, variance, variance + size);
    }
    assignTensors(model.local, values);
    const mode = { training: true, seed: stream(seed, 'calibrate', index).integer(2 ** 32) };
    const place = { mode, step: 0, progress: 1 };
    await study.ready?.(rows, place);
    tf.dispose(tf.tidy(() => study.loss(rows, place)));
    return readTensors(model.local);
  };
  try {
    const batches = cutBatches(samples.rows, batchSize).map(([first, end]) => span(first, end));
    const whole = new Float64Array(start.length);
    const seen: { readonly rows: number; readonly values: Float64Array }[] = [];
    for (const [index, rows] of batches.entries()) {
      const [low, high] = [await moved(rows, index, 0), await moved(rows, index, 1)];
      // low = (1 − m)·batch and high = m + (1 − m)·batch.
      const values = Float64Array.from(low, (value, at) => value / (1 - ((high[at] ?? 0) - value)));
      seen.push({ rows: rows.length, values });
      await nextTurn();
    }
    for (const { mean, variance, size } of pairs) {
      whole.set(start.subarray(mean, mean + size), mean);
      whole.set(start.subarray(variance, variance + size), variance);
      for (let channel = 0; channel < size; channel++) {
        const parts = seen.map(({ rows, values }) => ({
          share: rows / samples.rows,
          mean: values[mean + channel] ?? 0,
          variance: values[variance + channel] ?? 0,
        }));
        const centre = parts.reduce((sum, part) => sum + part.share * part.mean, 0);
        // One that this stage does not move, as it normalises by what it has, tells nothing of the batch.
        if (!Number.isFinite(centre)) continue;
        whole[mean + channel] = centre;
        whole[variance + channel] = parts.reduce(
          (sum, part) => sum + part.share * (part.variance + (part.mean - centre) ** 2),
          0,
        );
      }
    }
    const result = start.slice();
    for (const { mean, variance, size } of pairs) {
      for (const at of [mean, variance]) result.set(whole.subarray(at, at + size), at);
    }
    assignTensors(model.local, result);
  } catch (thrown) {
    assignTensors(model.local, start);
    throw thrown;
  } finally {
    study.dispose();
  }
}

/** Where the moving averages lie among the values of the local tensors. */
function statisticsOf({ local: { layout } }: Model) {
  let offset = 0;
  const places = new Map<string, { readonly at: number; readonly size: number }>();
  for (const { name, shape } of layout) {
    const size = elementsOf(shape);
    places.set(name, { at: offset, size });
    offset += size;
  }
  return [...places].flatMap(([name, { at, size }]) => {
    const variance = name.endsWith(meanSuffix) ? places.get(name.replace(meanSuffix, varianceSuffix)) : undefined;
    return variance === undefined ? [] : [{ mean: at, variance: variance.at, size }];
  });
}

const meanSuffix = '/moving_mean';
const varianceSuffix = '/moving_variance';
