import { correctOf, predictedOf, supportOf } from './confusion.js';
import type { Figure } from './figure.js';
import { type Measures, type ScoreName, scoreNames } from './measures.js';
import type { ReleasedMeasures, ReleasedScore } from './released.js';
import { wilson } from './wilson.js';
import { isWithheld, withheld } from './withheld.js';
import { tooFew } from './withhold-line.js';
import { withholdTotals } from './withhold-totals.js';

/** One site's share of the pooled figures: all of it, and what it has released of it. */
export interface PooledPart {
  readonly measures: Measures;
  readonly released: ReleasedMeasures;
}

/** Decimals of released shares, as sites have them. */
const scale = 1000;

/**
 * The form of pooled measures that may stand beside what each site has released: nothing that a site withheld follows
 * from it. A pooled cell of the confusion matrix is withheld where any site withheld its own, so that the shown ones are
 * sums of shown ones; supports and bins go by withholdTotals; a score that one site alone withheld is withheld. Rates over
 * withheld counts are withheld. Accuracy has Wilson's interval; the others have none, since counts alone give no honest one.
 */
export function releasePooled(measures: Measures, parts: readonly PooledPart[], minimumCell: number): ReleasedMeasures {
  const supports = supportOf(measures.confusion);
  const predicted = predictedOf(measures.confusion);
  const supportHidden = withholdTotals(
    parts.map((part) => supportOf(part.measures.confusion)),
    parts.map(({ released }) => released.perClass.map(({ support }) => isWithheld(support))),
    minimumCell,
  );
  const cellHidden = measures.confusion.map((line, row) =>
    line.map(
      (count, column) =>
        tooFew(count, minimumCell) || parts.some(({ released }) => isWithheld(released.confusion.cells[row]![column]!)),
    ),
  );
  const predictedHidden = pairUp(
    predicted.map(
      (_, column) =>
        parts.some(({ released }) => isWithheld(released.confusion.predicted[column]!)) ||
        cellHidden.filter((line) => line[column]!).length === 1,
    ),
    predicted,
  );
  const bins = withholdTotals(
    parts.map((part) => part.measures.reliability.map(({ count }) => count)),
    parts.map(({ released }) => released.reliability.map(({ count }) => isWithheld(count))),
    minimumCell,
  );
  return {
    n: measures.n,
    scores: scoresOf(measures, parts),
    perClass: measures.perClass.map((own, index) => {
      const rightHidden = cellHidden[index]![index]! || supportHidden[index]!;
      const precisionHidden = cellHidden[index]![index]! || predictedHidden[index]!;
      const aucHidden = supportHidden[index]! || tooFew(measures.n - supports[index]!, minimumCell);
      return {
        class: own.class,
        support: unless(supportHidden[index]!, own.support),
        recall: unless(rightHidden, rounded(own.recall)),
        precision: unless(precisionHidden, rounded(own.precision)),
        f1: unless(rightHidden || precisionHidden, rounded(own.f1)),
        auc: unless(aucHidden, rounded(own.auc)),
        aucInterval: null,
      };
    }),
    confusion: {
      cells: measures.confusion.map((line, row) =>
        line.map((count, column) => unless(cellHidden[row]![column]!, count)),
      ),
      predicted: predicted.map((count, column) => unless(predictedHidden[column]!, count)),
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

/** A pooled score is withheld where one site alone withheld its own: the others would give it away. */
export const oneWithholds = (values: readonly (Figure | null)[]): boolean =>
  values.filter((value) => isWithheld(value)).length === 1;

function scoresOf(measures: Measures, parts: readonly PooledPart[]): ReleasedMeasures['scores'] {
  const range = wilson(correctOf(measures.confusion), measures.n);
  const score = (name: ScoreName): ReleasedScore => {
    if (oneWithholds(parts.map(({ released }) => released.scores[name].value)))
      return { value: withheld, interval: null };
    const interval = name !== 'accuracy' ? null : range;
    return {
      value: rounded(measures[name]),
      interval: interval && { ...interval, low: rounded(interval.low)!, high: rounded(interval.high)! },
    };
  };
  return Object.fromEntries(scoreNames.map((name) => [name, score(name)])) as Record<ScoreName, ReleasedScore>;
}

/** One withheld total of a line follows from the others: the smallest other one goes with it. */
function pairUp(hidden: readonly boolean[], totals: readonly number[]): readonly boolean[] {
  if (hidden.filter(Boolean).length !== 1) return hidden;
  const [partner] = totals
    .map((total, index) => ({ total, index }))
    .filter(({ total, index }) => total > 0 && !hidden[index])
    .sort((a, b) => a.total - b.total || a.index - b.index);
  return hidden.map((own, index) => own || index === partner?.index);
}

const unless = <T>(hidden: boolean, value: T): T | Figure => (hidden ? withheld : value);

const rounded = (value: number | null): number | null =>
  value === null ? null : Math.round(value * scale) / scale + 0;
