import { type Confusion, correctOf, predictedOf, supportOf, totalOf } from './confusion.js';

/** How one class fared. A share of nothing is null, never NaN and never a silent zero. */
export interface ClassScore {
  /** Samples that are of the class. */
  readonly support: number;
  /** Right among those predicted as the class; null when none was. */
  readonly precision: number | null;
  /** Right among those of the class; null when there is none. */
  readonly recall: number | null;
  /** 2·tp / (2·tp + fp + fn); null when the class neither occurs nor is predicted. */
  readonly f1: number | null;
}

/** Share of samples predicted right; null without samples. */
export const accuracy = (confusion: Confusion): number | null => share(correctOf(confusion), totalOf(confusion));

export function classScores(confusion: Confusion): readonly ClassScore[] {
  const supports = supportOf(confusion);
  const predicted = predictedOf(confusion);
  return supports.map((support, index) => {
    const right = confusion[index]![index]!;
    return {
      support,
      precision: share(right, predicted[index]!),
      recall: share(right, support),
      f1: share(2 * right, support + predicted[index]!),
    };
  });
}

/** Mean recall over the classes that occur (scikit-learn's `balanced_accuracy_score`); null without samples. */
export const balancedAccuracy = (confusion: Confusion): number | null =>
  mean(occurring(confusion).map((score) => score.recall!));

/**
 * Mean F1 over the classes that occur among the true labels: scikit-learn's macro average with `labels` = labels with
 * support and `zero_division=0`. A class that is only ever predicted, never true, lowers the precision of nobody's F1
 * here but that of the classes it robbed; it adds no term of its own.
 */
export const macroF1 = (confusion: Confusion): number | null =>
  mean(occurring(confusion).map((score) => score.f1 ?? 0));

/** Mean F1 weighted by support; null without samples. */
export function weightedF1(confusion: Confusion): number | null {
  const weighted = occurring(confusion).reduce((total, score) => total + score.support * (score.f1 ?? 0), 0);
  return share(weighted, totalOf(confusion));
}

/**
 * Multiclass Matthews correlation (Gorodkin 2004): (c·s − Σ tₖpₖ) / √((s² − Σpₖ²)(s² − Σtₖ²)).
 * 0 when the root is 0 (one class only, or one prediction only); null without samples.
 */
export function matthews(confusion: Confusion): number | null {
  const s = totalOf(confusion);
  if (s === 0) return null;
  const t = supportOf(confusion);
  const p = predictedOf(confusion);
  const covariance = correctOf(confusion) * s - dot(t, p);
  const root = Math.sqrt((s * s - dot(p, p)) * (s * s - dot(t, t)));
  return root === 0 ? 0 : covariance / root;
}

const occurring = (confusion: Confusion) => classScores(confusion).filter((score) => score.support > 0);

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((total, value, index) => total + value * b[index]!, 0);

/** Arithmetic mean; null of nothing. */
export const mean = (values: readonly number[]): number | null =>
  share(
    values.reduce((total, value) => total + value, 0),
    values.length,
  );
