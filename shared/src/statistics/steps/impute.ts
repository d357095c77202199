import { z } from 'zod';
import { fail } from '../../errors/index.js';
import { poolMoments } from '../fold.js';
import { type GridPlace, gridBins, type MedianGrid, medianOf } from '../median-grid.js';
import { sampleDeviation } from '../moments.js';
import { fittedOf, type PreparationState } from '../preparation-state.js';
import { count, finite, readJson, refuse, salt } from '../reading.js';
import { readMoments } from './moments.js';
import { type Asked, type SharedStep, type StatisticsBlob, sharedStep, stateBefore, withFitted } from './step.js';

/** Second pass: how a site's values of each feature lie along the public grid. */
export const gridStatistics = z.strictObject({
  format: z.literal('consilium-grid-1'),
  salt,
  /** For each feature: where each range of bins ends, and the values in it. */
  ends: z.array(z.array(z.int().min(1).max(gridBins)).min(1).max(gridBins)),
  counts: z.array(z.array(count)),
});
export type GridStatistics = z.output<typeof gridStatistics>;

/** What missing values become, one value for each feature: its mean over all sites, or in a second pass its median. */
export const impute: SharedStep = {
  open: (asked) => (asked.pass === 1 ? moments : grids).open(asked),
};

/** Where the grid of each feature lies: what the first pass found. */
export function gridPlaces(state: PreparationState): readonly GridPlace[] {
  const lists = z.strictObject({ mean: listOf(state), sd: listOf(state) });
  const { mean, sd } = fittedOf(state, 'impute', lists);
  return mean.map((centre, feature) => ({ mean: centre, sd: sd[feature]! }));
}

/** What a missing value of each feature becomes. */
export const imputedValues = (state: PreparationState): readonly number[] =>
  fittedOf(state, 'impute', z.strictObject({ values: listOf(state) })).values;

const listOf = ({ features }: PreparationState) => z.array(finite).length(features.length);

const moments = sharedStep(readMoments, (all, asked) => {
  const state = stateBefore(asked);
  const pooled = poolMoments(all, state);
  const mean = pooled.map((own) => own.mean);
  const median = asked.contract.runFile.preparation.impute === 'median';
  return withFitted(state, 'impute', median ? { mean, sd: pooled.map(sampleDeviation) } : { values: mean });
});

const grids = sharedStep(readGrids, (all, asked) => {
  const state = stateBefore(asked);
  const values = gridPlaces(state).map((place, feature) =>
    medianOf(
      all.map((site) => site[feature]!),
      place,
    ),
  );
  return withFitted(state, 'impute', { values });
});

function readGrids({ bytes, samples }: StatisticsBlob, asked: Asked): readonly MedianGrid[] {
  const { minimumCell } = asked.contract.runFile.validation;
  const features = stateBefore(asked).features.length;
  const { ends, counts } = readJson(bytes, gridStatistics);
  if (ends.length !== features || counts.length !== features) refuse('the grids are not one for each feature');
  return ends.map((own, feature) => {
    const held = counts[feature]!;
    if (held.length !== own.length) refuse('a grid has not one count for each range');
    if (own.some((end, range) => range > 0 && end <= own[range - 1]!) || own.at(-1) !== gridBins) {
      refuse('the ranges of a grid do not follow one another to its end');
    }
    if (held.some((n) => n > 0 && n < minimumCell)) fail('CSM-STATISTICS-CELL', { minimum: minimumCell });
    if (held.reduce((sum, n) => sum + n, 0) > samples) refuse('a grid holds more than the signed sample count');
    return { ends: own, counts: held };
  });
}
