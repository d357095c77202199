import { type EvaluationCounts, mergeCounts, metricsOf } from '@consilium/shared/metrics';
import type { Evaluation } from '@consilium/shared/report';
import type { PooledMetrics, StepOutput } from '../rounds/index.js';

type Pooled = Pick<StepOutput, 'metrics' | 'panels' | 'figures'>;

/** What the evaluations of all sites say together: as if all patients lay in one place. Sites in canonical order. */
export function poolEvaluations(evaluations: readonly Evaluation[], classes: readonly string[]): Pooled {
  const counts = evaluations.flatMap((one) => one.counts ?? []);
  const metrics = counts.length > 0 ? pooledOf(counts, classes) : scoresOf(evaluations);
  const panels = byName(evaluations.flatMap((one) => one.panels ?? [])).map(([name, own]) => ({
    name,
    metrics: pooledOf(
      own.map((panel) => panel.counts),
      classes,
    ),
  }));
  const figures = byName(evaluations.flatMap((one) => one.figures ?? [])).map(([name, own]) => {
    const n = total(own.map((figure) => figure.n));
    return { name, n, mean: total(own.map((figure) => figure.sum)) / n };
  });
  return {
    ...(metrics !== null && metrics.n > 0 && { metrics }),
    ...(panels.length > 0 && { panels }),
    ...(figures.length > 0 && { figures }),
  };
}

function pooledOf(counts: readonly EvaluationCounts[], classes: readonly string[]): PooledMetrics {
  const measures = metricsOf(mergeCounts(counts), classes);
  const { n, loss, accuracy, balancedAccuracy, macroF1, weightedF1, mcc, auc, microAp, ece, brier } = measures;
  return { n, loss, accuracy, balancedAccuracy, macroF1, weightedF1, mcc, auc, microAp, ece, brier };
}

const noClasses = {
  ...{ accuracy: null, balancedAccuracy: null, macroF1: null, weightedF1: null },
  ...{ mcc: null, auc: null, ece: null, brier: null },
};

/** A stage without classes has its loss alone. */
function scoresOf(evaluations: readonly Evaluation[]): PooledMetrics | null {
  const scores = evaluations.flatMap((one) => one.score ?? []);
  if (scores.length === 0) return null;
  const n = total(scores.map((score) => score.n));
  return { ...noClasses, n, loss: total(scores.map((score) => score.loss * score.n)) / n };
}

/** Entries of one name together, in the order in which names come first. */
function byName<T extends { readonly name: string }>(
  entries: readonly T[],
): readonly (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>();
  for (const entry of entries) groups.set(entry.name, [...(groups.get(entry.name) ?? []), entry]);
  return [...groups];
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
