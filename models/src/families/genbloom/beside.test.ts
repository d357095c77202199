import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { pick } from '../../samples/index.js';
import { predict, span } from '../../training/index.js';
import { example } from './example.js';
import { genbloom } from './index.js';

const { blueprint, samples } = example(2);
const build = () => genbloom.build({ ...blueprint, stage: 'probe', seed: 1 });
const judging = (rows: number) => ({
  ...{ judged: pick(samples, span(0, rows)), training: pick(samples, span(rows, samples.rows)), batchSize: 4, seed: 1 },
});

describe('beside the probe', () => {
  beforeAll(() => useBackend('wasm'));

  it('stand neighbours, retrieval and the mean of a bag, and no tensor is left behind', async () => {
    const model = build();
    const before = tf.memory().numTensors;
    const { panels, figures } = (await model.beside?.(judging(7))) ?? { panels: [], figures: [] };
    expect(tf.memory().numTensors).toBe(before);
    expect(panels.map(({ name }) => name)).toEqual([
      ...['nearest-1', 'nearest-5', 'nearest-10', 'mean-pool nearest-5', 'mean-pool logistic'],
    ]);
    for (const { probabilities } of panels) {
      expect(probabilities).toHaveLength(7 * 3);
      for (let row = 0; row < 7; row++) {
        const sum = probabilities.subarray(3 * row, 3 * row + 3).reduce((total, share) => total + share, 0);
        expect(sum).toBeCloseTo(1, 5);
      }
    }
    expect(figures.map(({ name }) => name)).toEqual(['retrieval-map3', 'mean-pool retrieval-map3']);
    expect(figures.every(({ values }) => values.length === 7)).toBe(true);
    model.dispose();
  });

  it('stands retrieval alone where there are no training patients', async () => {
    const model = build();
    const { panels, figures } = (await model.beside?.({ ...judging(7), training: pick(samples, span(0, 0)) }))!;
    expect(panels).toEqual([]);
    expect(figures.map(({ name }) => name)).toEqual(['retrieval-map3', 'mean-pool retrieval-map3']);
    model.dispose();
  });

  it('stops when it is told to', async () => {
    const model = build();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(model.beside?.({ ...judging(7), signal })).rejects.toThrow('enough');
    model.dispose();
  });

  it('stands the same whatever the batch', async () => {
    const model = build();
    const whole = await predict({ model, samples, batchSize: 16 });
    const parts = await predict({ model, samples, batchSize: 5 });
    whole.forEach((value, index) => {
      expect(parts[index]).toBeCloseTo(value, 5);
    });
    model.dispose();
  });
});
