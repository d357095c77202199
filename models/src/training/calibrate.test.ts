import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import {
  batchNorm,
  batchNormParameters,
  batchNormStatistics,
  type Mode,
  type NamedTensors,
  stream,
  withScope,
} from '../layers/index.js';
import { labelled } from '../samples/index.js';
import { calibrate, classifier, openModel, readTensors, rowsFeed } from './index.js';

const parameters = withScope([...batchNormParameters('norm', 2), ...batchNormStatistics('norm', 2)], 'local');
const network = (weights: NamedTensors) => {
  const logits = (x: tf.Tensor2D, mode: Mode) => batchNorm(weights, 'norm', x, { eps: 1e-3, momentum: 0.99, mode });
  return { classes: 2, ...classifier({ feed: rowsFeed, logits, classes: 2 }) };
};
const open = () => openModel({ family: 'toy', preset: 'small', stage: 'train', parameters, seed: 1, network });
const random = stream(3, 'calibrate');
const columns = Array.from({ length: 2 }, (_, column) =>
  Array.from({ length: 25 }, () => 5 * column + (column + 1) * random.normal()),
);
const rows = columns[0]!.length;
const samples = labelled(
  {
    ...({ kind: 'rows', rows, width: 2 } as const),
    values: Float32Array.from({ length: 2 * rows }, (_, index) => columns[index % 2]![Math.floor(index / 2)]!),
  },
  Int32Array.from({ length: rows }, (_, row) => row % 2),
);

beforeAll(() => useBackend('cpu'));

describe('moving averages that no training at a site has set', () => {
  it('become those of all its rows, whatever the batches, and nothing else changes', async () => {
    const means = columns.map((values) => values.reduce((sum, value) => sum + value, 0) / rows);
    const variances = columns.map(
      (values, column) => values.reduce((sum, value) => sum + (value - means[column]!) ** 2, 0) / rows,
    );
    for (const batchSize of [25, 8]) {
      const model = open();
      const before = tf.memory().numTensors;
      await calibrate({ model, samples, batchSize, seed: 1 });
      expect(tf.memory().numTensors).toBe(before);
      const values = await readTensors(model.local);
      [1, 1, 0, 0, ...means, ...variances].forEach((wanted, index) => {
        expect(Math.abs((values[index] ?? Number.NaN) - wanted)).toBeLessThan(1e-3 * Math.max(1, Math.abs(wanted)));
      });
      model.dispose();
    }
  });

  it('stay where there is nothing to set them from', async () => {
    const model = open();
    const before = await readTensors(model.local);
    const none = labelled({ kind: 'rows', rows: 0, width: 2, values: new Float32Array(0) }, new Int32Array(0));
    await calibrate({ model, samples: none, batchSize: 8, seed: 1 });
    expect(await readTensors(model.local)).toEqual(before);
    model.dispose();
  });
});
