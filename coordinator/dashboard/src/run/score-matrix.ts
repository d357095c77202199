import type { RunView } from '@consilium/coordinator/conduct';
import { type Figure, isWithheld, type ReleasedScore, type ScoreName } from '@consilium/shared/metrics';
import type { SiteResult } from './site-reports.js';

/** One score of one model at one site. */
export type Cell =
  | { readonly kind: 'value'; readonly value: number; readonly low: number | null; readonly high: number | null }
  /** Too few patients stand behind it. */
  | { readonly kind: 'withheld' }
  /** Not measured, or without meaning there. */
  | { readonly kind: 'none' };

export interface ScoreMatrix {
  readonly models: readonly string[];
  readonly rows: readonly { readonly site: string; readonly whole: boolean; readonly cells: readonly Cell[] }[];
}

/** How the run's own model is called beside the others. */
export const ownModel = 'this run';

/** Figures of a group or subgroup are not of the patients of a row. */
const isOfAll = (name: string): boolean => !name.includes('group: ');

/** One judged round, or the final test. */
export type Judged = RunView['judged'][number];

/** Rows are sites, and all together last; columns are this run's model and what else judged the same patients. */
export function scoreMatrix(results: readonly SiteResult[], test: Judged | undefined, score: ScoreName): ScoreMatrix {
  const panels = [
    ...new Set([
      ...results.flatMap(({ report }) => report?.panels?.map(({ name }) => name) ?? []),
      ...(test?.panels.map(({ name }) => name) ?? []),
    ]),
  ].filter(isOfAll);
  const rows = results.map(({ site, report }) => ({
    site,
    whole: false,
    cells: [
      cellOf(report?.measures.scores[score]),
      ...panels.map((panel) => cellOf(report?.panels?.find(({ name }) => name === panel)?.scores[score])),
    ],
  }));
  if (test === undefined) return { models: [ownModel, ...panels], rows };
  const pooled = [test.pooled, ...panels.map((panel) => test.panels.find(({ name }) => name === panel)?.metrics)];
  const whole = { site: 'all sites', whole: true, cells: pooled.map((figures) => pooledCell(figures, score)) };
  return { models: [ownModel, ...panels], rows: [...rows, whole] };
}

function cellOf(score: ReleasedScore | undefined): Cell {
  if (score === undefined || score.value === null) return { kind: 'none' };
  const value = shownValue(score.value);
  if (value === null) return { kind: 'withheld' };
  return { kind: 'value', value, low: score.interval?.low ?? null, high: score.interval?.high ?? null };
}

function pooledCell(figures: Judged['pooled'] | undefined, score: ScoreName): Cell {
  const found = Object.entries(figures ?? {}).find(([name]) => name === score)?.[1] ?? null;
  return found === null ? { kind: 'none' } : { kind: 'value', value: found, low: null, high: null };
}

const shownValue = (figure: Figure): number | null =>
  isWithheld(figure) || typeof figure !== 'number' ? null : figure;

/** How strongly a cell is shaded, 0 to 1: by its place between the worst and the best of the matrix. */
export function shadeOf(cell: Cell, matrix: ScoreMatrix, better: 'higher' | 'lower'): number {
  if (cell.kind !== 'value') return 0;
  const values = matrix.rows.flatMap(({ cells }) => cells.flatMap((one) => (one.kind === 'value' ? [one.value] : [])));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (most === least) return 0.5;
  const place = (cell.value - least) / (most - least);
  return better === 'higher' ? place : 1 - place;
}
