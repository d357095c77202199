import { z } from 'zod';
import { fail } from '../../errors/index.js';
import { anovaF } from '../anova.js';
import { type Moments, mergeMoments, noMoments } from '../moments.js';
import type { PreparationState } from '../preparation-state.js';
import { count, finite, readJson, refuse, salt } from '../reading.js';
import { type Asked, type StatisticsFold, stateBefore } from './step.js';

/** Count, mean and M2 of each feature in each class, [classes][features]; n = 0 where `releasable` leaves a class out. */
export const classStatistics = z.strictObject({
  format: z.literal('consilium-anova-1'),
  salt,
  n: z.array(z.array(count)),
  mean: z.array(z.array(finite)),
  m2: z.array(z.array(finite.min(0))),
});
export type ClassStatistics = z.output<typeof classStatistics>;

/**
 * Adds up the sites' class moments, one blob in memory at a time, and gives each feature's F to `finish`.
 * @throws CSM-STATISTICS-INVALID, CSM-STATISTICS-CELL
 */
export function foldClassMoments(
  asked: Asked,
  finish: (scores: readonly number[]) => PreparationState,
): StatisticsFold {
  const { model, validation } = asked.contract.runFile;
  const features = stateBefore(asked).features.length;
  const pooled = Array.from({ length: features }, () => model.classes.map((): Moments => noMoments));
  return {
    add: ({ bytes, samples }) => {
      const site = readJson(bytes, classStatistics);
      const { n, mean, m2 } = site;
      for (const table of [n, mean, m2]) {
        if (table.length !== model.classes.length) refuse('n, mean and m2 have not one row for each class');
        if (table.some((row) => row.length !== features)) refuse('n, mean and m2 have not one entry for each feature');
      }
      for (const [feature, groups] of pooled.entries()) {
        let known = 0;
        for (const [label, group] of groups.entries()) {
          const own = { n: n[label]![feature]!, mean: mean[label]![feature]!, m2: m2[label]![feature]! };
          if (own.n > 0 && own.n < validation.minimumCell)
            fail('CSM-STATISTICS-CELL', { minimum: validation.minimumCell });
          if (own.n === 0 && (own.mean !== 0 || own.m2 !== 0)) refuse('a class without values has moments');
          known += own.n;
          groups[label] = mergeMoments(group, own);
        }
        if (known > samples) refuse('n is above the signed sample count');
      }
    },
    finish: () => finish(pooled.map(anovaF)),
  };
}
