import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  atTemperature,
  fitTemperature,
  isWithheld,
  measure,
  mostProbable,
  scaleCalibration,
  scaledCalibration,
} from './index.js';
import { drawPredictions } from './predictions.fixture.js';
import fixture from './temperature.fixture.json' with { type: 'json' };

/** Predictions that are too sure of themselves. */
const drawn = (seed: number, rows: number, sharpness = 3) =>
  drawPredictions({ seed, rows, classes: 3, skill: 1.2, sharpness });
const eachAnother = (rows: number) => Int32Array.from({ length: rows }, (_, row) => row);
const judged = (seed: number, rows: number, sharpness?: number) => ({
  predictions: drawn(seed, rows, sharpness),
  patients: eachAnother(rows),
});

describe.each(fixture.cases)(
  'a temperature of predictions that are $name',
  ({ temperature, loss, ece, brier, ...given }) => {
    it('is the one that SciPy finds', () => {
      expect(fitTemperature(given)).toBeCloseTo(temperature, 6);
    });

    it('gives the figures that NumPy has', () => {
      const [plain, scaled] = [measure(given), measure(atTemperature(given, temperature))];
      for (const [name, expected] of Object.entries({ loss, ece, brier }) as ['loss', typeof loss][]) {
        expect(plain[name]).toBeCloseTo(expected.plain, 9);
        expect(scaled[name]).toBeCloseTo(expected.scaled, 6);
      }
    });
  },
);

describe('a temperature', () => {
  it('undoes a sharpness: probabilities at it are those of the logits without it', () => {
    const [sharp, plain] = [drawn(5, 200, 4), drawn(5, 200, 1)];
    const undone = atTemperature(sharp, 4);
    for (const [index, value] of Array.from(undone.probabilities).entries()) {
      expect(value).toBeCloseTo(plain.probabilities[index]!, 4);
    }
    expect(fitTemperature(sharp)! / fitTemperature(plain)!).toBeCloseTo(4, 3);
  });

  it('changes no answer, and leaves distributions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.05, max: 20, noNaN: true }), (seed, at) => {
        const given = drawn(seed, 20);
        const scaled = atTemperature(given, at);
        expect(mostProbable(scaled.probabilities, 3)).toEqual(mostProbable(given.probabilities, 3));
        expect(() => measure(scaled)).not.toThrow();
      }),
    );
  });

  it('is finite where a softmax gave 0', () => {
    const given = { y: [0, 1, 0, 1], probabilities: [1, 0, 0, 1, 0.6, 0.4, 0.6, 0.4], classes: 2 };
    expect(fitTemperature(given)).toBeGreaterThan(1);
    expect(measure(atTemperature(given, 20)).loss).toBeLessThan(1);
  });

  it.each([
    ['no samples', []],
    ['only right answers', [0, 1]],
    ['only wrong ones', [1, 0]],
  ])('is none of %s', (_, y) => {
    const probabilities = [0.9, 0.1, 0.2, 0.8].slice(0, 2 * y.length);
    expect(fitTemperature({ y, probabilities, classes: 2 })).toBeNull();
  });

  it('is none of answers that say nothing', () => {
    expect(fitTemperature({ y: [0, 1], probabilities: [0.5, 0.5, 0.5, 0.5], classes: 2 })).toBeNull();
  });
});

describe('calibration at a temperature of other patients', () => {
  it('is better than without where the model is too sure, in the form that is released', () => {
    const test = judged(2, 400);
    const scaled = scaleCalibration(judged(1, 300), test, 5);
    if ('none' in scaled) throw new Error(scaled.none);
    expect(scaledCalibration.parse(JSON.parse(JSON.stringify(scaled)))).toEqual(scaled);
    expect(scaled.temperature).toBeCloseTo(fitTemperature(drawn(1, 300))!, 3);
    expect(scaled.fittedTo).toBe(300);
    const plain = measure(test.predictions);
    expect(scaled.scores.ece).toBeLessThan(plain.ece! / 2);
    expect(scaled.scores.loss).toBeLessThan(plain.loss!);
    expect(scaled.scores.ece).toBeCloseTo(measure(atTemperature(test.predictions, scaled.temperature)).ece!, 3);
  });

  it('owes nothing to the test patients but what is judged on them', () => {
    const [one, other] = [judged(2, 80), judged(3, 200)].map((test) => scaleCalibration(judged(1, 90), test, 5));
    expect(one).toMatchObject({ temperature: (other as { temperature: number }).temperature, fittedTo: 90 });
  });

  it('is none without validation patients, with few, and where no temperature fits', () => {
    const test = judged(2, 80);
    expect(scaleCalibration(judged(1, 0), test, 5)).toEqual({ none: 'no validation' });
    expect(scaleCalibration(judged(1, 4), test, 5)).toEqual({ none: 'few patients' });
    const visits = { predictions: drawn(1, 40), patients: eachAnother(40).map((row) => row % 4) };
    expect(scaleCalibration(visits, test, 5)).toEqual({ none: 'few patients' });
    expect(scaleCalibration(judged(1, 60), judged(2, 4), 5)).toEqual({ none: 'few patients' });
    const predictions = { y: [0, 0, 0, 0, 0, 0], probabilities: Array(6).fill([0.8, 0.1, 0.1]).flat(), classes: 3 };
    expect(scaleCalibration({ predictions, patients: eachAnother(6) }, test, 5)).toEqual({ none: 'no fit' });
  });

  it('withholds bins that would tell of few together with those without it', () => {
    const scaled = scaleCalibration(judged(1, 60), judged(2, 60), 5);
    if ('none' in scaled) throw new Error(scaled.none);
    const withheldBins = scaled.reliability.filter(({ count }) => isWithheld(count));
    expect(withheldBins.length).toBeGreaterThan(1);
    for (const { accuracy, confidence } of withheldBins) expect([accuracy, confidence].every(isWithheld)).toBe(true);
  });
});
