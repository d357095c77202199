import type { RoundLine, RoundMarks } from '@consilium/shared/report/charts';
import type { Judged } from './judged.js';

type JudgedRound = Judged & { readonly round: number; readonly stage: number };

/** Figures of the pooled patients that are drawn over the rounds, the most telling ones first. */
export const pooledScores = ['accuracy', 'balancedAccuracy', 'macroF1', 'auc', 'mcc', 'ece', 'brier', 'loss'] as const;
export type PooledScore = (typeof pooledScores)[number];
/** Figures that sites release of each round. */
export const siteScores = ['accuracy', 'macroF1', 'loss'] as const;
export type SiteScore = (typeof siteScores)[number];

/** Judged rounds in their order, without the final test. */
export const roundsOf = (judged: readonly Judged[]): readonly JudgedRound[] =>
  judged.flatMap((one) =>
    one.round === null || one.stage === null ? [] : [{ ...one, round: one.round, stage: one.stage }],
  );

/** Rounds are numbered anew in each stage; along an axis, one stage follows the other. */
export function placesOf(rounds: readonly JudgedRound[]): {
  readonly x: (round: { readonly stage: number; readonly round: number }) => number;
  readonly stages: RoundMarks['stages'];
} {
  const last = new Map<number, number>();
  for (const { stage, round } of rounds) last.set(stage, Math.max(round, last.get(stage) ?? 0));
  const offsets = new Map<number, number>();
  let offset = 0;
  for (const stage of [...last.keys()].sort((a, b) => a - b)) {
    offsets.set(stage, offset);
    offset += last.get(stage) ?? 0;
  }
  return {
    x: ({ stage, round }) => (offsets.get(stage) ?? 0) + round,
    stages: [...offsets]
      .filter(([, from]) => from > 0)
      .map(([stage, from]) => ({ name: `stage ${stage + 1}`, x: from + 0.5 })),
  };
}

/** With no more sites than this each has its own hue. */
const huedSites = 3;

/** A line for each site, all grey but the chosen one where there are many, and one for all together. */
export function siteLines(
  rounds: readonly JudgedRound[],
  score: SiteScore,
  chosen: string | null,
): readonly RoundLine[] {
  const { x } = placesOf(rounds);
  const sites = [...new Set(rounds.flatMap((round) => round.sites.map(({ site }) => String(site))))];
  const points = (of: (round: JudgedRound) => number | null): RoundLine['points'] =>
    rounds.map((round) => [x(round), of(round)] as const);
  const values = new Map(
    rounds.map((round) => [round, new Map(round.sites.map((own) => [String(own.site), own[score]]))]),
  );
  return [
    { name: 'all sites', weight: 'main', points: points(({ pooled }) => pooled[score]) },
    ...sites.map((site) => ({
      name: site,
      weight: site === chosen || sites.length <= huedSites ? ('plain' as const) : ('faint' as const),
      points: points((round) => values.get(round)?.get(site) ?? null),
    })),
  ];
}
