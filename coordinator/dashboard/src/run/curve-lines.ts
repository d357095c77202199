import { wilson } from '@consilium/shared/metrics';
import type { RoundLine, RoundMarks } from '@consilium/shared/report/charts';
import type { Series } from './series.js';

/** Figures of the pooled patients that are drawn over the rounds, the most telling ones first. */
export const pooledScores = ['accuracy', 'balancedAccuracy', 'macroF1', 'auc', 'mcc', 'ece', 'brier', 'loss'] as const;
export type PooledScore = (typeof pooledScores)[number];
/** Figures that sites release of each round. */
export const siteScores = ['accuracy', 'macroF1', 'loss'] as const;
export type SiteScore = (typeof siteScores)[number];

type Points = Series['lines'][number]['points'];
type Place = (stage: number, round: number) => number;

/** The curve of all sites together. */
export const pooledOf = (series: Series | undefined): Points =>
  series?.lines.find(({ site }) => site === null)?.points ?? [];

/** Rounds are numbered anew in each stage; along an axis, one stage follows the other. */
export function placesOf(points: Points): { readonly x: Place; readonly stages: RoundMarks['stages'] } {
  const last = new Map<number, number>();
  for (const [stage, round] of points) last.set(stage, Math.max(round, last.get(stage) ?? 0));
  const offsets = new Map<number, number>();
  let offset = 0;
  for (const stage of [...last.keys()].sort((a, b) => a - b)) {
    offsets.set(stage, offset);
    offset += last.get(stage) ?? 0;
  }
  return {
    x: (stage, round) => (offsets.get(stage) ?? 0) + round,
    stages: [...offsets]
      .filter(([, from]) => from > 0)
      .map(([stage, from]) => ({ name: `stage ${stage + 1}`, x: from + 0.5 })),
  };
}

export const drawn = (points: Points, x: Place): RoundLine['points'] =>
  points.map(([stage, round, value]) => [x(stage, round), value] as const);

/** Accuracy is a share of known patients, so its 95 % interval follows from the two. Rounds between two told ones have the patients of the one before. */
export function accuracyBand(accuracy: Points, patients: Points, x: Place): NonNullable<RoundLine['band']> {
  const told = drawn(patients, x);
  let place = 0;
  let n = told[0]?.[1] ?? null;
  return drawn(accuracy, x).flatMap(([at, share]) => {
    for (; place < told.length && told[place]![0] <= at; place++) n = told[place]![1];
    const interval = share === null || n === null ? null : wilson(Math.round(share * n), n);
    return interval === null ? [] : [[at, interval.low, interval.high] as const];
  });
}

/** With no more sites than this each has its own hue. */
const huedSites = 3;

/** A line for each site, all grey but the chosen one where there are many, and one for all together. */
export function siteLines(series: Series, x: Place, chosen: string | null): readonly RoundLine[] {
  const sites = series.lines.flatMap(({ site, points }) => (site === null ? [] : [{ site: String(site), points }]));
  return [
    { name: 'all sites', weight: 'main', points: drawn(pooledOf(series), x) },
    ...sites.map(({ site, points }) => ({
      name: site,
      weight: site === chosen || sites.length <= huedSites ? ('plain' as const) : ('faint' as const),
      points: drawn(points, x),
    })),
  ];
}

/** Some curves as the rows of a table: a row for each round that one of them tells of, undefined where another does not. */
export function rowsOf(curves: readonly Points[]): readonly {
  readonly stage: number;
  readonly round: number;
  readonly values: readonly (number | null | undefined)[];
}[] {
  const key = (stage: number, round: number) => `${stage} ${round}`;
  const told = curves.map((points) => new Map(points.map(([stage, round, value]) => [key(stage, round), value])));
  const rounds = new Map(curves.flat().map(([stage, round]) => [key(stage, round), { stage, round }]));
  return [...rounds.values()]
    .sort((a, b) => a.stage - b.stage || a.round - b.round)
    .map(({ stage, round }) => ({ stage, round, values: told.map((values) => values.get(key(stage, round))) }));
}
