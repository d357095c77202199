import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answersAt,
  atThreshold,
  isWithheld,
  judgeAtThreshold,
  mostProbable,
  thresholdRates,
  tooFew,
  youdenThreshold,
} from './index.js';
import fixture from './threshold.fixture.json' with { type: 'json' };

interface Sample {
  readonly y: number;
  /** Probability of the second class. */
  readonly score: number;
  readonly patient?: number;
}

const predictionsOf = (samples: readonly Sample[]) => ({
  y: samples.map(({ y }) => y),
  probabilities: samples.flatMap(({ score }) => [1 - score, score]),
  classes: 2,
});
const judged = (samples: readonly Sample[]) => ({
  predictions: predictionsOf(samples),
  patients: samples.map(({ patient }, row) => patient ?? row),
});
const samplesOf = ({ y, scores }: { readonly y: readonly number[]; readonly scores: readonly number[] }) =>
  y.map((label, row) => ({ y: label, score: scores[row]! }));
const times = (n: number, sample: Sample): Sample[] => Array.from({ length: n }, () => sample);
const threshold = (...samples: readonly (readonly [y: number, score: number])[]) =>
  youdenThreshold(predictionsOf(samples.map(([y, score]) => ({ y, score }))));

const terms = { positiveName: 'sick', minimumCell: 5 };
/** Validation patients on whom a threshold is the best. */
const choosing = (low: number, high: number, each = 5) =>
  judged([...times(each, { y: 0, score: low }), ...times(each, { y: 1, score: high })]);

describe.each(fixture.cases)('a threshold on $name', ({ validation, test, rates, ...expected }) => {
  it('is the one that scikit-learn finds', () => {
    expect(youdenThreshold(predictionsOf(samplesOf(validation)))).toBeCloseTo(expected.threshold, 9);
  });

  it("gives scikit-learn's figures of other patients, with SciPy's intervals", () => {
    const told = judgeAtThreshold(judged(samplesOf(validation)), judged(samplesOf(test)), { ...terms, minimumCell: 1 });
    if ('none' in told) throw new Error(told.none);
    expect(told).toMatchObject({ positive: 'sick', fittedTo: validation.y.length });
    expect(told.threshold).toBeCloseTo(expected.threshold, 1);
    for (const name of thresholdRates) {
      const { value, interval } = told[name];
      expect(value).toBeCloseTo(rates[name].value, 3);
      expect(interval?.low).toBeCloseTo(rates[name].low, 3);
      expect(interval?.high).toBeCloseTo(rates[name].high, 3);
    }
  });
});

describe('a threshold', () => {
  it('lies halfway between neighbouring scores', () => {
    expect(threshold([0, 0.1], [0, 0.3], [1, 0.4], [1, 0.9])).toBeCloseTo(0.35, 12);
  });

  it('is of several as good the one nearest 0.5, whatever their order', () => {
    // Two of three positives and all negatives, or all positives and two of three negatives.
    const samples = [0.05, 0.1, 0.45, 0.55, 0.95, 0.96].map(
      (score, index) => [[0, 0, 1, 0, 1, 1][index]!, score] as const,
    );
    expect(threshold(...samples)).toBeCloseTo(0.275, 12);
    expect(threshold(...samples.toReversed())).toBeCloseTo(0.275, 12);
    const mirrored = samples.map(([y, score]) => [1 - y, 1 - score] as const);
    expect(threshold(...mirrored)).toBeCloseTo(0.725, 12);
  });

  it('keeps samples of one score together', () => {
    expect(threshold([0, 0.2], [1, 0.4], [0, 0.4], [1, 0.4], [1, 0.8])).toBeCloseTo(0.3, 12);
  });

  it('is none without samples, of one class, of one score, and where scores say the opposite', () => {
    expect(threshold()).toBeNull();
    expect(threshold([1, 0.2], [1, 0.8])).toBeNull();
    expect(threshold([0, 0.5], [1, 0.5])).toBeNull();
    expect(threshold([1, 0.2], [0, 0.8])).toBeNull();
  });

  it('is as good as any other', () => {
    const sample = fc.record({ y: fc.nat(1), score: fc.integer({ min: 0, max: 20 }).map((step) => step / 20) });
    const gain = (samples: readonly Sample[], at: number) => {
      const own = answersAt(predictionsOf(samples), at);
      const positives = own.truePositive + own.falseNegative;
      const negatives = own.trueNegative + own.falsePositive;
      return positives * negatives === 0 ? 0 : own.truePositive / positives + own.trueNegative / negatives - 1;
    };
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 30 }), (samples) => {
        const found = youdenThreshold(predictionsOf(samples));
        const own = found === null ? 0 : gain(samples, found);
        for (let at = 1; at < 40; at += 2) expect(gain(samples, at / 40)).toBeLessThanOrEqual(own + 1e-12);
      }),
    );
  });
});

describe('answers at a threshold of other patients', () => {
  const test = judged([
    ...times(6, { y: 0, score: 0.2 }),
    ...times(5, { y: 0, score: 0.6 }),
    ...times(5, { y: 1, score: 0.6 }),
    ...times(9, { y: 1, score: 0.9 }),
  ]);

  it('are told in the form that is released', () => {
    const told = judgeAtThreshold(choosing(0.6, 0.8), test, terms);
    expect(atThreshold.parse(JSON.parse(JSON.stringify(told)))).toEqual(told);
    expect(told).toMatchObject({
      ...{ threshold: 0.7, fittedTo: 10, positive: 'sick', sensitivity: { value: 0.643 } },
      ...{ specificity: { value: 1 }, ppv: { value: 1 }, npv: { value: 0.688 }, accuracy: { value: 0.8 } },
    });
  });

  it('choose nothing on test patients', () => {
    const turned = { ...test, predictions: { ...test.predictions, y: test.predictions.y.map((label) => 1 - label) } };
    expect(judgeAtThreshold(choosing(0.6, 0.8), turned, terms)).toMatchObject({ threshold: 0.7 });
  });

  it('have no value where no answer is of a kind', () => {
    const low = judged([...times(8, { y: 0, score: 0.2 }), ...times(8, { y: 1, score: 0.3 })]);
    expect(judgeAtThreshold(choosing(0.6, 0.8), low, terms)).toMatchObject({
      ...{ ppv: { value: null, interval: null }, sensitivity: { value: 0 }, npv: { value: 0.5 } },
    });
  });

  it('are none without validation patients, with few of all or of a class, of one class, and where nothing fits', () => {
    const told = (fitted: ReturnType<typeof judged>, of = test) => judgeAtThreshold(fitted, of, terms);
    expect(told(judged([]))).toEqual({ none: 'no validation' });
    expect(told(choosing(0.6, 0.8, 2))).toEqual({ none: 'few patients' });
    expect(told(judged(times(4, { y: 1, score: 0.8 })))).toEqual({ none: 'few patients' });
    expect(told(choosing(0.6, 0.8, 4))).toEqual({ none: 'few patients' });
    const visits = {
      ...choosing(0.6, 0.8, 20),
      patients: Array.from({ length: 40 }, (_, row) => (row < 20 ? row : 50 + (row % 4))),
    };
    expect(told(visits)).toEqual({ none: 'few patients' });
    expect(told(choosing(0.6, 0.8), judged(times(4, { y: 1, score: 0.9 })))).toEqual({ none: 'few patients' });
    expect(told(judged(times(9, { y: 1, score: 0.8 })))).toEqual({ none: 'one class' });
    expect(told(choosing(0.8, 0.6))).toEqual({ none: 'no fit' });
    // In hundredths this one would be 0, which everyone reaches.
    expect(told(choosing(0.001, 0.003))).toEqual({ none: 'no fit' });
  });

  it.each([0.3, 0.7])(
    'at %f leave no few, alone or against the most probable class: every table of up to 3 each',
    (at) => {
      const minimumCell = 2;
      const fitted = choosing(at - 0.1, at + 0.1);
      const scores = at > 0.5 ? [0.2, 0.6, 0.9] : [0.1, 0.4, 0.8];
      const kinds = scores.flatMap((score) => [0, 1].map((y) => ({ y, score })));
      let [shown, hidden] = [0, 0];
      for (let code = 0; code < 4 ** kinds.length; code++) {
        const samples = kinds.flatMap((kind, place) => times(Math.floor(code / 4 ** place) % 4, kind));
        if (samples.length < minimumCell) continue;
        const test = judged(samples);
        const told = judgeAtThreshold(fitted, test, { ...terms, minimumCell });
        if ('none' in told) throw new Error(told.none);
        const marks = thresholdRates.map((name) => isWithheld(told[name].value));
        expect(new Set(marks).size).toBe(1);
        const isSafe = kinds.every(
          (kind) =>
            !tooFew(samples.filter((sample) => sample.y === kind.y && sample.score === kind.score).length, minimumCell),
        );
        expect(marks[0]).toBe(!isSafe);
        if (marks[0]) {
          hidden++;
          continue;
        }
        shown++;
        // What a reader works out from the shares and the counts of the matrix.
        const most = mostProbable(test.predictions.probabilities, 2);
        const counts = [0, 1].flatMap((label) => {
          const own = [...samples.keys()].filter((row) => samples[row]!.y === label);
          const right = Number(told[label === 1 ? 'sensitivity' : 'specificity'].value ?? 0);
          const there = Math.round(right * own.length);
          const plain = own.filter((row) => most[row] === label).length;
          return [there, own.length - there, plain, own.length - plain, Math.abs(there - plain)];
        });
        expect(counts.some((count) => tooFew(count, minimumCell))).toBe(false);
      }
      expect(shown).toBe(3 ** kinds.length - 1);
      expect(hidden).toBeGreaterThan(shown);
    },
  );

  it('are counted in patients', () => {
    const visits = times(8, { y: 1, score: 0.9 }).map((sample, row) => ({ ...sample, patient: 100 + (row % 4) }));
    const others = times(8, { y: 0, score: 0.1 });
    const told = judgeAtThreshold(choosing(0.6, 0.8), judged([...others, ...visits]), terms);
    expect(told).toMatchObject({ threshold: 0.7, accuracy: { value: { suppressed: true }, interval: null } });
  });
});
