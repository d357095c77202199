import { z } from 'zod';
import type { RunFile } from '../../contract/index.js';
import { anovaF, highest } from '../anova.js';
import { noMoments, sampleDeviation } from '../moments.js';
import { fittedOf, type PreparationState } from '../preparation-state.js';
import { featureNames, refuse } from '../reading.js';
import { groupSums, type PooledGroups } from './group-moments.js';
import { type SharedStep, stateBefore, withFitted } from './step.js';

/**
 * Which features go on: the highest by F over the classes, or by variance over the pooled samples. They keep their order. What the
 * features were before stays with the state: transforms of a whole sample, such as shares, are done over all of them at a new hospital too.
 */
export const select: SharedStep = {
  open: (asked) => {
    const { model, preparation } = asked.contract.runFile;
    const wanted = preparation.select ?? refuse('select is asked for without need');
    const groups = 'anova' in wanted ? model.classes.length : 1;
    const { add, pooled } = groupSums(asked, { groups, counted: wanted.above !== undefined });
    return { add, finish: () => chosen(stateBefore(asked), pooled(), wanted) };
  },
};

/** The features that a table must bring: those that there were before any were selected. */
export const featuresBefore = (state: PreparationState): readonly string[] =>
  state.fitted?.select === undefined
    ? state.features
    : fittedOf(state, 'select', z.looseObject({ considered: featureNames })).considered;

type Wanted = NonNullable<RunFile['preparation']['select']>;

function chosen(state: PreparationState, pooled: readonly PooledGroups[], wanted: Wanted): PreparationState {
  const scores = pooled.map(({ groups }) =>
    'anova' in wanted ? anovaF(groups) : sampleDeviation(groups[0] ?? noMoments) ** 2,
  );
  const { minimumShare = 0 } = wanted;
  const candidates = pooled.flatMap(({ known, above }, feature) => (above >= minimumShare * known ? [feature] : []));
  if (candidates.length === 0) refuse('no feature reaches minimumShare');
  const best = highest(
    candidates.map((feature) => scores[feature]!),
    'anova' in wanted ? wanted.anova : wanted.variance,
  );
  const kept = best.map((at) => candidates[at]!).sort((a, b) => a - b);
  const fitted = { considered: [...state.features], scores: kept.map((feature) => scores[feature]!) };
  return withFitted({ ...state, features: kept.map((feature) => state.features[feature]!) }, 'select', fitted);
}
