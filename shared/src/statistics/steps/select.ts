import { z } from 'zod';
import { highest } from '../anova.js';
import { poolMoments } from '../fold.js';
import { sampleDeviation } from '../moments.js';
import { fittedOf, type PreparationState } from '../preparation-state.js';
import { featureNames, refuse } from '../reading.js';
import { foldClassMoments } from './class-moments.js';
import { readMoments } from './moments.js';
import { type SharedStep, sharedStep, stateBefore, withFitted } from './step.js';

/**
 * Which features go on: the highest by F over the classes, or by variance over the pooled samples. They keep their order. What the
 * features were before stays with the state: transforms of a whole sample, such as shares, are done over all of them at a new hospital too.
 */
export const select: SharedStep = {
  open: (asked) => {
    const wanted = asked.contract.runFile.preparation.select ?? refuse('select is asked for without need');
    if ('anova' in wanted) return foldClassMoments(asked, (scores) => chosen(stateBefore(asked), scores, wanted.anova));
    return byVariance(wanted.variance).open(asked);
  },
};

/** The features that a table must bring: those that there were before any were selected. */
export const featuresBefore = (state: PreparationState): readonly string[] =>
  state.fitted?.select === undefined
    ? state.features
    : fittedOf(state, 'select', z.looseObject({ considered: featureNames })).considered;

const byVariance = (count: number): SharedStep =>
  sharedStep(readMoments, (all, asked) => {
    const state = stateBefore(asked);
    const scores = poolMoments(all, state).map((moments) => sampleDeviation(moments) ** 2);
    return chosen(state, scores, count);
  });

function chosen(state: PreparationState, scores: readonly number[], count: number): PreparationState {
  const kept = highest(scores, count).toSorted((a, b) => a - b);
  const fitted = { considered: [...state.features], scores: kept.map((feature) => scores[feature]!) };
  return withFitted({ ...state, features: kept.map((feature) => state.features[feature]!) }, 'select', fitted);
}
