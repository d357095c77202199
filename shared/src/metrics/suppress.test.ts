import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Confusion,
  intervalsOf,
  isWithheld,
  measure,
  type ReleasedMeasures,
  releasedMeasures,
  scoreNames,
  suppress,
  tallyPatients,
  tooFew,
  withholdLine,
} from './index.js';
import { drawPredictions, generator } from './predictions.fixture.js';

/** Predictions that give this confusion matrix. */
function predictionsFor(confusion: Confusion) {
  const classes = confusion.length;
  const y: number[] = [];
  const probabilities: number[] = [];
  confusion.forEach((line, truth) => {
    line.forEach((count, predicted) => {
      for (let i = 0; i < count; i++) {
        y.push(truth);
        for (let c = 0; c < classes; c++) probabilities.push(c === predicted ? 0.7 : 0.3 / (classes - 1));
      }
    });
  });
  return { y, probabilities, classes };
}

const release = (confusion: Confusion, minimumCell: number) =>
  suppress(measure(predictionsFor(confusion)), minimumCell);

/** All tables of counts with this many rows and columns and this total. */
function* tables(classes: number, total: number): Generator<number[][]> {
  const flat = new Array<number>(classes * classes).fill(0);
  yield* place(0, total);
  function* place(position: number, left: number): Generator<number[][]> {
    if (position === flat.length - 1) {
      flat[position] = left;
      yield Array.from({ length: classes }, (_, row) => flat.slice(row * classes, (row + 1) * classes));
      return;
    }
    for (let count = 0; count <= left; count++) {
      flat[position] = count;
      yield* place(position + 1, left - count);
    }
  }
}

/** Whether a table agrees with every count that was released: cells, totals, n, and right answers by the accuracy. */
function agrees(table: number[][], released: ReleasedMeasures): boolean {
  const same = (shown: unknown, count: number) => typeof shown !== 'number' || shown === count;
  const { confusion, perClass, scores, n } = released;
  const right = table.reduce((sum, line, row) => sum + line[row]!, 0);
  const accuracy = scores.accuracy.value;
  return (
    table.every((line, row) => line.every((count, column) => same(confusion.cells[row]![column], count))) &&
    table.every((line, row) =>
      same(
        perClass[row]!.support,
        line.reduce((sum, count) => sum + count, 0),
      ),
    ) &&
    confusion.predicted.every((shown, column) =>
      same(
        shown,
        table.reduce((sum, line) => sum + line[column]!, 0),
      ),
    ) &&
    (typeof accuracy !== 'number' || Math.abs(accuracy - right / n) < 1e-3)
  );
}

/** Counts of too few patients that only one number fits: found by trying every table there is. */
function givenAway(confusion: Confusion, minimumCell: number): string[] {
  const released = release(confusion, minimumCell)!;
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  const shown: Record<string, { shown: unknown; of: (table: Confusion) => number }> = {};
  confusion.forEach((line, row) => {
    shown[`support ${row}`] = { shown: released.perClass[row]!.support, of: (t) => t[row]!.reduce((a, b) => a + b, 0) };
    shown[`predicted ${row}`] = {
      shown: released.confusion.predicted[row],
      of: (t) => t.reduce((sum, own) => sum + own[row]!, 0),
    };
    line.forEach((_, column) => {
      shown[`cell ${row},${column}`] = { shown: released.confusion.cells[row]![column], of: (t) => t[row]![column]! };
    });
  });
  const guarded = Object.entries(shown).filter(([, one]) => tooFew(one.of(confusion), minimumCell));
  const possible = new Map(guarded.map(([name]) => [name, new Set<number>()]));
  for (const table of tables(confusion.length, total)) {
    if (!agrees(table, released)) continue;
    for (const [name, one] of guarded) possible.get(name)!.add(one.of(table));
  }
  return [...possible].filter(([, values]) => values.size < 2).map(([name]) => name);
}

const table = (classes: number, highest: number) =>
  fc.array(fc.array(fc.nat({ max: highest }), { minLength: classes, maxLength: classes }), {
    minLength: classes,
    maxLength: classes,
  });
const total = (confusion: Confusion) => confusion.flat().reduce((sum, count) => sum + count, 0);

describe('withheld counts', () => {
  it('do not follow from the shown ones, for every 2 × 2 table of up to 10 patients', () => {
    for (let n = 4; n <= 10; n++) {
      for (const confusion of tables(2, n))
        expect({ confusion, told: givenAway(confusion, 4) }).toEqual({ confusion, told: [] });
    }
  });

  it('do not follow from the shown ones, for drawn 3 × 3 tables', () => {
    fc.assert(
      fc.property(table(3, 4), fc.integer({ min: 2, max: 4 }), (confusion, minimumCell) => {
        fc.pre(total(confusion) >= minimumCell && total(confusion) <= 10);
        expect(givenAway(confusion, minimumCell)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('are all those of 1 to minimumCell − 1 patients, wherever they stand', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 7 }).chain((classes) => table(classes, 9)),
        (confusion) => {
          const released = release(confusion, 5);
          if (total(confusion) < 5) {
            expect(released).toBeNull();
            return;
          }
          const shown = [
            ...released!.confusion.cells.flat(),
            ...released!.confusion.predicted,
            ...released!.perClass.map((own) => own.support),
            ...released!.reliability.map((bin) => bin.count),
          ];
          expect(shown.filter((value) => typeof value === 'number' && value > 0 && value < 5)).toEqual([]);
          expect(releasedMeasures.parse(JSON.parse(JSON.stringify(released)))).toEqual(released);
        },
      ),
    );
  });

  it('hold no negative zero, which JSON does not know', () => {
    const confusion = [
      [4, 6, 9, 6, 2, 3],
      [6, 5, 2, 4, 6, 6],
      [7, 7, 6, 0, 9, 4],
      [3, 2, 4, 5, 3, 0],
      [6, 9, 1, 2, 6, 5],
      [2, 2, 2, 7, 0, 0],
    ];
    expect(release(confusion, 5)?.scores.mcc.value).toBe(0);
  });

  it('take along every share that rests on them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5 }).chain((classes) => table(classes, 12)),
        (confusion) => {
          fc.pre(total(confusion) >= 5);
          const released = release(confusion, 5)!;
          released.perClass.forEach((own, index) => {
            const right = released.confusion.cells[index]![index]!;
            if (isWithheld(own.support))
              expect([own.recall, own.precision, own.f1, own.auc].every(isWithheld)).toBe(true);
            if (isWithheld(right)) expect([own.recall, own.precision, own.f1].every(isWithheld)).toBe(true);
            if (isWithheld(released.confusion.predicted[index]!)) {
              expect([own.precision, own.f1].every(isWithheld)).toBe(true);
            }
          });
        },
      ),
    );
  });

  it('have at least one other beside them in bins and supports, of enough patients together', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 2 }), (counts) => {
        const hidden = counts.filter((_, index) => withholdLine(counts, 5)[index]);
        const others = counts.filter((count) => count > 0).length;
        if (hidden.length === 0) {
          expect(counts.every((count) => count === 0 || count >= 5)).toBe(true);
          return;
        }
        expect(hidden.length >= 2 || others === 1).toBe(true);
        expect(hidden.reduce((a, b) => a + b, 0) >= 5 || hidden.length === others).toBe(true);
      }),
    );
  });
});

describe('a released set of measures', () => {
  const confusion = [
    [14, 1, 0],
    [2, 17, 0],
    [0, 0, 9],
  ];

  it('keeps recall and shows no zero for a withheld cell', () => {
    const released = release(confusion, 5)!;
    expect(released.perClass.map((own) => [own.support, own.recall])).toEqual([
      [15, 0.933],
      [19, 0.895],
      [9, 1],
    ]);
    expect(released.confusion.cells[0]).toEqual([14, { suppressed: true }, { suppressed: true }]);
    expect(released.confusion.cells[2]).toEqual([0, 0, 9]);
  });

  it('withholds nothing that counts enough, and nothing at all for minimumCell 1', () => {
    expect(
      JSON.stringify(
        release(
          [
            [20, 5],
            [6, 30],
          ],
          5,
        ),
      ),
    ).not.toContain('suppressed');
    expect(JSON.stringify(release(confusion, 1))).not.toContain('suppressed');
  });

  it('carries intervals that hold their figures', () => {
    const predictions = drawPredictions({ seed: 5, rows: 200, classes: 3, skill: 2 });
    const intervals = intervalsOf(predictions, 200, generator(1));
    const released = suppress(measure(predictions), 5, { intervals })!;
    for (const name of ['accuracy', 'balancedAccuracy', 'macroF1', 'mcc', 'auc'] as const) {
      const { value, interval } = released.scores[name];
      expect(interval!.low).toBeLessThanOrEqual(value as number);
      expect(interval!.high).toBeGreaterThanOrEqual(value as number);
    }
    expect(released.perClass[0]!.aucInterval!.method).toBe('delong');
  });

  it('counts patients, not samples', () => {
    // Eight samples of class 0, all of one patient; eight of class 1 and of class 2 from eight patients each.
    const y = [0, 1, 2].flatMap((label) => new Array<number>(8).fill(label));
    const probabilities = y.flatMap((label) => [0, 1, 2].map((c) => (c === label ? 0.8 : 0.1)));
    const patients = y.map((label, row) => (label === 0 ? 99 : row));
    const predictions = { y, probabilities, classes: 3 };
    const released = suppress(measure(predictions), 5, { patients: tallyPatients(predictions, patients) })!;
    expect(isWithheld(released.perClass[0]!.support)).toBe(true);
    expect(suppress(measure(predictions), 5)!.perClass[0]!.support).toBe(8);
    expect(suppress(measure(predictions), 18, { patients: tallyPatients(predictions, patients) })).toBeNull();
  });

  it('withholds the overall figures where every answer is one class whose count is withheld: they would tell it', () => {
    const constant = release(
      [
        [100, 0],
        [3, 0],
      ],
      5,
    )!;
    expect(constant.perClass.map(({ support }) => isWithheld(support))).toEqual([true, true]);
    expect(scoreNames.every((name) => isWithheld(constant.scores[name].value ?? 0))).toBe(true);
    const known = release(
      [
        [100, 0],
        [30, 0],
      ],
      5,
    )!;
    expect(known.scores.accuracy.value).toBe(0.769);
  });

  it('withholds the overall figures where they are those of one small cell', () => {
    const released = release(
      [
        [2, 18],
        [0, 0],
      ],
      5,
    )!;
    expect(scoreNames.every((name) => isWithheld(released.scores[name].value))).toBe(true);
  });
});
