import { z } from 'zod';
import { fail } from '../../errors/index.js';
import { type Moments, mergeMoments, noMoments } from '../moments.js';
import { count, finite, readJson, refuse, salt } from '../reading.js';
import { type Asked, type StatisticsBlob, stateBefore } from './step.js';

/** Count, mean and M2 of each feature in each group, [groups][features]; n = 0 where `releasable` leaves a group out. */
export const groupStatistics = z.strictObject({
  format: z.literal('consilium-select-1'),
  salt,
  n: z.array(z.array(count)),
  mean: z.array(z.array(finite)),
  m2: z.array(z.array(finite.min(0))),
  /** [features], where the run asks for it: how many values are known, and how many of them lie above the bound. */
  known: z.array(count).exactOptional(),
  above: z.array(count).exactOptional(),
});
export type GroupStatistics = z.output<typeof groupStatistics>;

/** One feature over all sites that have spoken so far. */
export interface PooledGroups {
  readonly groups: readonly Moments[];
  readonly known: number;
  readonly above: number;
}

/** What the sites' blobs add up to, feature by feature; one blob in memory at a time. */
export interface GroupSums {
  /** @throws CSM-STATISTICS-INVALID, CSM-STATISTICS-CELL */
  readonly add: (blob: StatisticsBlob) => void;
  readonly pooled: () => readonly PooledGroups[];
}

/** @param groups how many each site must speak of; `counted`: whether it must say how many values lie above the bound */
export function groupSums(asked: Asked, { groups, counted }: { groups: number; counted: boolean }): GroupSums {
  const { minimumCell: minimum } = asked.contract.runFile.validation;
  const features = stateBefore(asked).features.length;
  const none: PooledGroups = { groups: Array.from({ length: groups }, () => noMoments), known: 0, above: 0 };
  const pooled = Array.from({ length: features }, () => none);
  const checkCell = (cell: number): void => {
    if (cell > 0 && cell < minimum) fail('CSM-STATISTICS-CELL', { minimum });
  };

  function add({ bytes, samples }: StatisticsBlob): void {
    const { n, mean, m2, known, above } = readJson(bytes, groupStatistics);
    for (const table of [n, mean, m2]) {
      if (table.length !== groups) refuse('n, mean and m2 have not one row for each group');
      if (table.some((row) => row.length !== features)) refuse('n, mean and m2 have not one entry for each feature');
    }
    for (const list of [known, above]) {
      if ((list?.length ?? 0) !== (counted ? features : 0))
        refuse('known and above are not one for each feature asked for');
    }
    for (const [feature, before] of pooled.entries()) {
      const own = before.groups.map((_, group): Moments => {
        const moments = { n: n[group]![feature]!, mean: mean[group]![feature]!, m2: m2[group]![feature]! };
        checkCell(moments.n);
        if (moments.n === 0 && (moments.mean !== 0 || moments.m2 !== 0)) refuse('a group without values has moments');
        return moments;
      });
      const [all, high] = [known?.[feature] ?? 0, above?.[feature] ?? 0];
      for (const cell of [all, high, all - high]) checkCell(cell);
      const inGroups = own.reduce((sum, moments) => sum + moments.n, 0);
      if (Math.max(inGroups, all) > samples || high > all) refuse('n is above the signed sample count');
      pooled[feature] = {
        groups: before.groups.map((moments, group) => mergeMoments(moments, own[group]!)),
        known: before.known + all,
        above: before.above + high,
      };
    }
  }

  return { add, pooled: () => pooled };
}
