import { describe, expect, it } from 'vitest';
import { countsOf, mergeCounts } from './counts.js';
import { measure } from './measure.js';
import { metricsOf } from './pooled.js';
import { releasePooled } from './pooled-release.js';
import { drawPredictions } from './predictions.fixture.js';
import { suppress } from './suppress.js';
import { isWithheld } from './withheld.js';

const minimumCell = 5;

/** Three sites of so many samples each, pooled and released. */
function pool(seed: number, rows: readonly number[]) {
  const drawn = rows.map((count, index) =>
    drawPredictions({ seed: seed * 10 + index, rows: count, classes: 3, skill: 2, sharpness: 1.2 }),
  );
  const parts = drawn.map((predictions) => {
    const measures = measure(predictions);
    return { measures, released: suppress(measures, minimumCell)! };
  });
  const pooled = metricsOf(mergeCounts(drawn.map(countsOf)));
  return { parts, pooled, released: releasePooled(pooled, parts, minimumCell) };
}

const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);

describe('pooled figures that stand beside those of sites', () => {
  it('show of the confusion matrix sums of shown cells alone', () => {
    for (const seed of seeds) {
      const { parts, pooled, released } = pool(seed, [60, 30, 14]);
      released.confusion.cells.forEach((line, row) => {
        line.forEach((cell, column) => {
          const anyHidden = parts.some((part) => isWithheld(part.released.confusion.cells[row]![column]!));
          expect(isWithheld(cell)).toBe(anyHidden);
          if (!anyHidden) expect(cell).toBe(pooled.confusion[row]![column]);
        });
      });
    }
  });

  it('have in no row or column, totals included, exactly one withheld cell', () => {
    for (const seed of seeds) {
      const { confusion, perClass } = pool(seed, [60, 30, 14]).released;
      const lines = [
        ...confusion.cells.map((line, row) => [...line, perClass[row]!.support]),
        ...confusion.predicted.map((total, column) => [...confusion.cells.map((line) => line[column]!), total]),
        confusion.predicted,
      ];
      for (const line of lines) expect(line.filter((figure) => isWithheld(figure)).length).not.toBe(1);
    }
  });

  it('have no rate over a withheld count', () => {
    for (const seed of seeds) {
      const { confusion, perClass } = pool(seed, [40, 20, 11]).released;
      perClass.forEach((own, index) => {
        const cell = isWithheld(confusion.cells[index]![index]!);
        if (cell || isWithheld(own.support)) expect(isWithheld(own.recall)).toBe(true);
        if (cell || isWithheld(confusion.predicted[index]!)) expect(isWithheld(own.precision)).toBe(true);
        if (isWithheld(own.recall) || isWithheld(own.precision)) expect(isWithheld(own.f1)).toBe(true);
      });
    }
  });

  it('have an interval of accuracy, and none that counts do not give', () => {
    const { scores } = pool(3, [300, 200, 200]).released;
    expect(scores.accuracy.interval?.method).toBe('wilson');
    const others = Object.entries(scores).filter(([name]) => name !== 'accuracy');
    for (const [, { interval }] of others) expect(interval).toBeNull();
  });
});
