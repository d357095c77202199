import { type Figure, isWithheld, oneWithholds, type ReleasedMeasures, withheld } from '@consilium/shared/metrics';
import { commonModel, type MatrixCell, type RunReport, rivalModels, type SiteReport } from '@consilium/shared/report';
import type { PooledMetrics, StepOutput } from '../rounds/index.js';

type Matrix = NonNullable<RunReport['matrix']>;
type Scores = ReleasedMeasures['scores'];

/** Each site's released figures of the common model and of other predictions of its patients, and those of all together. */
export function matrixOf(
  reports: readonly SiteReport[],
  pooled: Scores | null,
  panels: NonNullable<StepOutput['panels']>,
): Matrix | null {
  if (reports.length === 0) return null;
  const names = new Set(reports.flatMap((report) => (report.panels ?? []).map(({ name }) => name)));
  const others = [
    ...rivalModels.filter((name) => names.has(name)),
    ...[...names].filter((name) => !rivalModels.includes(name)),
  ];
  const rows: Matrix['rows'] = reports.map((report) => ({
    site: report.site,
    n: report.measures.n,
    cells: [
      cellOf(report.measures.scores),
      ...others.map((name) => {
        const panel = report.panels?.find((one) => one.name === name);
        return panel === undefined ? null : cellOf(panel.scores);
      }),
    ],
  }));
  const total = {
    site: null,
    n: reports.reduce((sum, { measures }) => sum + measures.n, 0),
    cells: [
      pooled && cellOf(pooled),
      ...others.map((name, index) => {
        const panel = panels.find((one) => one.name === name);
        const own = rows.map(({ cells }) => cells[index + 1] ?? null);
        return panel === undefined ? null : pooledCell(panel.metrics, own);
      }),
    ],
  };
  return { columns: [commonModel, ...others], rows: [...rows, total] };
}

const cellOf = (scores: Scores): MatrixCell => ({ accuracy: scores.accuracy.value, macroF1: scores.macroF1.value });

/** A pooled figure that one site alone withheld would give that one away. */
function pooledCell({ accuracy, macroF1 }: PooledMetrics, own: readonly (MatrixCell | null)[]): MatrixCell {
  const shown = (name: keyof MatrixCell, value: number | null): Figure | null =>
    oneWithholds(own.map((cell) => cell?.[name] ?? null)) ? withheld : rounded(value);
  return { accuracy: shown('accuracy', accuracy), macroF1: shown('macroF1', macroF1) };
}

/** How far apart the sites are that show a figure; null where fewer than two do. */
export function spreadOf(reports: readonly SiteReport[], name: keyof MatrixCell): RunReport['fairness']['accuracy'] {
  const shown = reports.flatMap(({ site, measures }) => {
    const { value } = measures.scores[name];
    return value === null || isWithheld(value) || typeof value !== 'number' ? [] : [{ site, n: measures.n, value }];
  });
  const ranked = [...shown].sort((a, b) => a.value - b.value || (a.site < b.site ? -1 : 1));
  const [worst] = ranked;
  const best = ranked.at(-1);
  if (worst === undefined || best === undefined || ranked.length < 2) return null;
  return { sites: ranked.length, worst, best, spread: rounded(best.value - worst.value) ?? 0 };
}

/** What sites say of the common model held against others; with those that have the others and do not say it. */
export function upliftsOf(reports: readonly SiteReport[]): RunReport['uplift'] {
  const told = reports.flatMap(({ site, measures, uplift = [] }) =>
    uplift.map(({ over, scores }) => ({ site, n: measures.n, over, scores })),
  );
  const withheldAt = rivalModels.flatMap((over) =>
    reports
      .filter(({ panels = [] }) => panels.some(({ name }) => name === over))
      .filter(({ uplift = [] }) => !uplift.some((own) => own.over === over))
      .map(({ site }) => ({ site, over })),
  );
  return { told, withheld: withheldAt };
}

export const rounded = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 1000) / 1000 + 0;
