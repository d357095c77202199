import { describe, expect, it } from 'vitest';
import { stream } from '../layers/index.js';
import { fitLogistic, logisticProbabilities, type Vectors } from './index.js';
import fixture from './judges.fixture.json' with { type: 'json' };

const { x, y, fits } = fixture.logistic;
const training: Vectors = { rows: x.length, width: 5, values: Float32Array.from(x.flat()) };
const labels = Int32Array.from(y);

describe('fitLogistic', () => {
  it.each(fits)(
    'finds the minimum that another program finds: C $c, balanced $balanced',
    async ({ c, balanced, ...wanted }) => {
      const model = await fitLogistic({ training, labels, classes: 3, c, balanced, tolerance: 1e-7 });
      expect(model.converged).toBe(true);
      wanted.coefficients.forEach((ofClasses, column) => {
        ofClasses.forEach((coefficient, label) => {
          expect(model.weights[label * 6 + column]).toBeCloseTo(coefficient, 4);
        });
      });
      const probabilities = logisticProbabilities(model, training);
      wanted.probabilitiesOfFirstRows.flat().forEach((probability, index) => {
        expect(probabilities[index]).toBeCloseTo(probability, 5);
      });
    },
  );

  it('stays finite on classes that a plane parts, and gives an absent class next to nothing', async () => {
    const apart: Vectors = { rows: 4, width: 1, values: Float32Array.of(-1000, -900, 900, 1000) };
    const model = await fitLogistic({ training: apart, labels: Int32Array.of(0, 0, 1, 1), classes: 3, balanced: true });
    const probabilities = logisticProbabilities(model, apart);
    expect(probabilities.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect([probabilities[0]! > 0.99, probabilities[10]! > 0.99, probabilities[2]! < 0.01]).toEqual([true, true, true]);
  });

  it('says that it has not arrived when it may take a few steps only', async () => {
    const model = await fitLogistic({ training, labels, classes: 3, maxIterations: 2 });
    expect(model).toMatchObject({ converged: false, iterations: 2 });
  });

  it('learns from noise no more than the classes’ shares when the penalty is strong', async () => {
    const random = stream(2);
    const noise: Vectors = { rows: 60, width: 4, values: Float32Array.from({ length: 240 }, () => random.normal()) };
    const model = await fitLogistic({
      training: noise,
      labels: Int32Array.from({ length: 60 }, (_, row) => (row < 45 ? 0 : 1)),
      classes: 2,
      c: 1e-6,
    });
    expect(logisticProbabilities(model, noise)[0]).toBeCloseTo(0.75, 3);
  });

  it('refuses no rows, foreign labels and other columns, and stops when aborted', async () => {
    const none: Vectors = { rows: 0, width: 5, values: new Float32Array() };
    await expect(fitLogistic({ training: none, labels: new Int32Array(), classes: 3 })).rejects.toThrow(RangeError);
    await expect(fitLogistic({ training, labels, classes: 2 })).rejects.toThrow(RangeError);
    const model = await fitLogistic({ training, labels, classes: 3 });
    expect(() => logisticProbabilities(model, { rows: 1, width: 1, values: Float32Array.of(1) })).toThrow(RangeError);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fitLogistic({ training, labels, classes: 3, signal })).rejects.toThrow('enough');
  });
});
