import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countsLayout } from './counts-layout.js';
import { countsOf, fromVector, measure, mergeCounts, metricsOf, readCounts, scoreNames, toVector } from './index.js';
import { drawPredictions } from './predictions.fixture.js';
import { scoreBin, scoreBins } from './score-bins.js';

type Drawn = ReturnType<typeof drawPredictions>;

function slice({ y, probabilities, classes }: Drawn, from: number, to: number): Drawn {
  return { y: y.slice(from, to), probabilities: probabilities.slice(from * classes, to * classes), classes };
}

const drawn = fc
  .record({ seed: fc.integer(), rows: fc.integer({ min: 0, max: 60 }), classes: fc.integer({ min: 2, max: 6 }) })
  .map(drawPredictions);

describe('mergeable counts', () => {
  it('of the parts, in any order, are those of the whole', () => {
    fc.assert(
      fc.property(
        drawn,
        fc.array(fc.nat({ max: 60 }), { maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        (all, cuts, keys) => {
          const edges = [0, ...cuts.filter((cut) => cut <= all.y.length).sort((a, b) => a - b), all.y.length];
          const parts = edges.slice(1).map((edge, index) => countsOf(slice(all, edges[index]!, edge)));
          const shuffled = parts
            .map((part) => ({ part, key: keys.next().value }))
            .sort((a, b) => a.key - b.key)
            .map(({ part }) => part);
          expect(mergeCounts(shuffled)).toEqual(countsOf(all));
        },
      ),
    );
  });

  it('come back from JSON and from the dense vector as they were', () => {
    fc.assert(
      fc.property(drawn, (all) => {
        const counts = countsOf(all);
        expect(readCounts(JSON.parse(JSON.stringify(counts)), all.classes)).toEqual(counts);
        expect(fromVector(counts.classes, toVector(counts))).toEqual(counts);
      }),
    );
  });

  it.each([
    ['a calm model', { seed: 1, rows: 400, classes: 5, skill: 1.5 }],
    ['a model that puts nearly all scores at 0 and 1', { seed: 2, rows: 400, classes: 5, skill: 1.5, sharpness: 12 }],
    ['ten rare classes', { seed: 3, rows: 300, classes: 10, skill: 2, sharpness: 4 }],
  ])('give the metrics of the samples for %s', (_, options) => {
    const all = drawPredictions(options);
    const exact = measure(all);
    const pooled = metricsOf(mergeCounts([countsOf(slice(all, 0, 130)), countsOf(slice(all, 130, options.rows))]));
    for (const name of scoreNames) {
      const tolerance = name === 'auc' ? 1e-3 : name === 'ap' || name === 'microAp' ? 5e-3 : 1e-6;
      expect(Math.abs(pooled[name]! - exact[name]!), name).toBeLessThan(tolerance);
    }
    expect(pooled.confusion).toEqual(exact.confusion);
    pooled.perClass.forEach(({ auc, ...score }, index) => {
      const { auc: exactAuc, ...exactScore } = exact.perClass[index]!;
      expect(score).toEqual(exactScore);
      expect(Math.abs(auc! - exactAuc!)).toBeLessThan(2e-3);
    });
  });

  it('keep the order of scores in their bins, from 0 to 1', () => {
    const score = fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.float({ min: 0, max: Math.fround(1e-4), noNaN: true }),
    );
    fc.assert(
      fc.property(score, score, (a, b) => {
        expect(scoreBin(Math.min(a, b))).toBeLessThanOrEqual(scoreBin(Math.max(a, b)));
      }),
    );
    expect([scoreBin(0), scoreBin(0.5), scoreBin(1)]).toEqual([0, 2048, scoreBins - 1]);
    expect(scoreBin(0.4999999)).toBe(2047);
  });

  it('refuse to merge with nothing, with other classes, and past the safe integers', () => {
    const one = countsOf(drawPredictions({ seed: 1, rows: 3, classes: 2 }));
    const huge = { ...one, values: one.values.map(() => Number.MAX_SAFE_INTEGER) };
    expect(() => mergeCounts([])).toThrow(expect.objectContaining({ code: 'CSM-METRICS-EMPTY' }));
    expect(() => mergeCounts([one, countsOf(drawPredictions({ seed: 1, rows: 3, classes: 3 }))])).toThrow(
      expect.objectContaining({ code: 'CSM-METRICS-CLASSES' }),
    );
    expect(() => mergeCounts([one, huge])).toThrow(expect.objectContaining({ code: 'CSM-METRICS-OVERFLOW' }));
    expect(() => readCounts(one, 3)).toThrow(expect.objectContaining({ code: 'CSM-METRICS-CLASSES' }));
  });
});

describe('counts from a site that errs or lies', () => {
  const honest = countsOf(drawPredictions({ seed: 8, rows: 40, classes: 3 }));
  const at = countsLayout(3);
  const refused = expect.objectContaining({ code: 'CSM-METRICS-COUNTS' });

  /** The honest vector with one count moved. */
  const altered = (index: number, change: number) => {
    const vector = toVector(honest);
    vector[index]! += change;
    return fromVector(3, vector);
  };

  it.each([
    ['n', at.n, 'histogram of negatives'],
    ['the confusion matrix', at.confusion(0, 1), 'histogram of positives'],
    ['a histogram of positives', at.positives(1, 2000), 'histogram of positives'],
    ['a histogram of negatives', at.negatives(2, 7), 'histogram of negatives'],
    ['a reliability bin', at.binCount(20), 'reliability bins that do not add up'],
    ['the right ones of a bin', at.binCorrect(20), 'disagree'],
  ])('are refused with one too many in %s', (_, index, problem) => {
    expect(() => readCounts(altered(index, 1), 3)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(problem) }),
    );
  });

  it('are refused with sums that so many samples cannot have', () => {
    const full = Array.from({ length: 30 }, (_, bin) => bin).find((bin) => toVector(honest)[at.binCount(bin)]! > 0)!;
    expect(() => readCounts(altered(at.binConfidence(full), 40e6), 3)).toThrow(/above its reliability bin/);
    expect(() => readCounts(altered(at.binConfidence(full), -3e5), 3)).toThrow(/below its reliability bin/);
    expect(() => readCounts(altered(at.brier, 100e6), 3)).toThrow(/Brier/);
    expect(() => readCounts(altered(at.loss, 40 * 28e6), 3)).toThrow(/log loss/);
  });

  it.each([
    ['not an object', 7],
    ['another format', { ...honest, format: 'consilium-counts-0' }],
    ['a foreign key', { ...honest, patient: 'x' }],
    ['indices that do not rise', { ...honest, at: [...honest.at].reverse() }],
    ['an index past the end', { ...honest, at: [...honest.at.slice(0, -1), at.length] }],
    ['a missing value', { ...honest, values: honest.values.slice(1) }],
    ['a negative value', { ...honest, values: honest.values.map((value) => -value) }],
    ['a fraction', { ...honest, values: honest.values.map((value) => value + 0.5) }],
    ['an unsafe integer', { ...honest, values: honest.values.map(() => 2 ** 60) }],
    ['text', { ...honest, values: honest.values.map(String) }],
  ])('are refused when they are %s', (_, value) => {
    expect(() => readCounts(value, 3)).toThrow(refused);
  });

  it('are refused with a code, never a crash, whatever arrives', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(() => readCounts(anything, 3)).toThrow(refused);
      }),
    );
  });

  it('are refused with any one entry changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: at.brier - 1 }), fc.integer({ min: 1, max: 5 }), (index, change) => {
        fc.pre(index < at.binConfidence(0));
        expect(() => readCounts(altered(index, change), 3)).toThrow(refused);
      }),
    );
  });

  it('are accepted when they count nothing', () => {
    expect(metricsOf(readCounts({ ...honest, at: [], values: [] }, 3))).toMatchObject({
      n: 0,
      accuracy: null,
      auc: null,
    });
  });
});
