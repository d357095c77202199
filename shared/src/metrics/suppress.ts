import type { Figure } from './figure.js';
import type { Intervals } from './intervals.js';
import { type Measures, type ScoreName, scoreNames } from './measures.js';
import { type PatientTally, samplesAsPatients } from './patient-tally.js';
import type { ReleasedMeasures, ReleasedScore } from './released.js';
import type { Interval } from './wilson.js';
import { withheld } from './withheld.js';
import { tooFew, withholdLine } from './withhold-line.js';
import { withholdTable } from './withhold-table.js';

/** Decimals of released shares: finer ones say nothing of so few patients, and make counts easier to work out. */
const releasedDecimals = 3;

/**
 * The form of measures that may leave a site: counts of 1 to minimumCell − 1 patients are withheld, with what would give
 * them away (withholdTable), and so is every share that rests on a withheld count. Null when all samples together are of
 * fewer than minimumCell patients: then nothing may leave.
 * @param extra.patients who stands behind each count, where a patient may have several samples
 */
export function suppress(
  measures: Measures,
  minimumCell: number,
  extra: { readonly intervals?: Intervals; readonly patients?: PatientTally } = {},
): ReleasedMeasures | null {
  const patients = extra.patients ?? samplesAsPatients(measures);
  if (patients.n < minimumCell) return null;
  const mask = withholdTable(measures.confusion, patients, minimumCell);
  const bins = withholdLine(patients.bins, minimumCell);
  const score = (name: ScoreName): ReleasedScore =>
    mask.overall
      ? { value: withheld, interval: null }
      : { value: rounded(measures[name]), interval: roundedInterval(extra.intervals?.scores[name]) };
  return {
    n: measures.n,
    scores: Object.fromEntries(scoreNames.map((name) => [name, score(name)])) as Record<ScoreName, ReleasedScore>,
    perClass: measures.perClass.map((own, index) => {
      const rightHidden = mask.cells[index]![index]!;
      const predictedHidden = mask.columns[index]!;
      // The others of a class are n less its support; too few of them make its ranking theirs.
      const aucHidden = mask.rows[index]! || tooFew(patients.n - patients.rows[index]!, minimumCell);
      return {
        class: own.class,
        support: unless(mask.rows[index]!, own.support),
        recall: unless(rightHidden, rounded(own.recall)),
        precision: unless(rightHidden || predictedHidden, rounded(own.precision)),
        f1: unless(rightHidden || predictedHidden, rounded(own.f1)),
        auc: unless(aucHidden, rounded(own.auc)),
        aucInterval: aucHidden ? null : roundedInterval(extra.intervals?.classAuc[index]),
      };
    }),
    confusion: {
      cells: measures.confusion.map((line, row) =>
        line.map((count, column) => unless(mask.cells[row]![column]!, count)),
      ),
      predicted: mask.columns.map((hidden, column) =>
        unless(
          hidden,
          measures.confusion.reduce((sum, line) => sum + line[column]!, 0),
        ),
      ),
    },
    reliability: measures.reliability.map((bin, index) => ({
      low: bin.low,
      high: bin.high,
      count: unless(bins[index]!, bin.count),
      accuracy: unless(bins[index]!, rounded(bin.accuracy)),
      confidence: unless(bins[index]!, rounded(bin.confidence)),
    })),
  };
}

function unless<T>(hidden: boolean, value: T): T | Figure {
  return hidden ? withheld : value;
}

const rounded = (value: number | null): number | null =>
  // What rounds to zero from below is −0, which a report read again would not hold.
  value === null ? null : Math.round(value * 10 ** releasedDecimals) / 10 ** releasedDecimals + 0;

const roundedInterval = (interval: Interval | null | undefined): Interval | null =>
  interval ? { ...interval, low: rounded(interval.low)!, high: rounded(interval.high)! } : null;
