import { z } from 'zod';
import { fail } from '../../errors/index.js';
import { type CombatModel, pooledVariance, solveCombat } from '../combat.js';
import { fittedOf, type PreparationState } from '../preparation-state.js';
import { finite, readJson, refuse, salt } from '../reading.js';
import { type Asked, type SharedStep, sharedStep, stateBefore, withFitted } from './step.js';

/** First pass: sums of each feature over a site's training samples. */
const combatSumsBlob = z.strictObject({
  format: z.literal('consilium-combat-sums-1'),
  salt,
  sums: z.array(finite),
});

/** Second pass: sums of squared distances from the site's own mean. */
const combatSquaresBlob = z.strictObject({
  format: z.literal('consilium-combat-squares-1'),
  salt,
  squares: z.array(finite.min(0)),
});

/**
 * ComBat over all sites, in two passes: the grand mean, then the pooled variance of each feature. No covariates: to keep what goes with the
 * classes would let them into the features, and a new patient has none. What ComBat fits to a site alone stays there.
 */
export const combat: SharedStep = { open: (asked) => (asked.pass === 1 ? means : variances).open(asked) };

/** What all sites share of ComBat. */
export function combatModel(state: PreparationState): CombatModel {
  const list = z.array(finite).length(state.features.length);
  return { coefficients: [], ...fittedOf(state, 'combat', z.strictObject({ grandMean: list, variance: list })) };
}

const means = sharedStep(
  ({ bytes, samples }, asked) => {
    refuseSmall(samples, asked);
    const { sums } = readJson(bytes, combatSumsBlob);
    if (sums.length !== stateBefore(asked).features.length) refuse('sums are not one for each feature');
    return { n: samples, xtx: [[samples]], xty: [sums] };
  },
  (all, asked) => {
    const { grandMean } = solveCombat(all);
    return withFitted(stateBefore(asked), 'combat', { grandMean: [...grandMean] });
  },
);

const variances = sharedStep(
  ({ bytes, samples }, asked) => {
    refuseSmall(samples, asked);
    const { squares } = readJson(bytes, combatSquaresBlob);
    if (squares.length !== stateBefore(asked).features.length) refuse('squares are not one for each feature');
    return { samples, squares };
  },
  (all, asked) => {
    const state = stateBefore(asked);
    const samples = all.reduce((sum, site) => sum + site.samples, 0);
    const list = z.array(finite).length(state.features.length);
    const { grandMean } = fittedOf(state, 'combat', z.strictObject({ grandMean: list }));
    const variance = pooledVariance(
      all.map(({ squares }) => squares),
      samples,
    );
    return withFitted(state, 'combat', { grandMean, variance: [...variance] });
  },
);

/** A sum over a whole site is about all its training samples. */
function refuseSmall(samples: number, { contract }: Asked): void {
  const { minimumCell } = contract.runFile.validation;
  if (samples < minimumCell) fail('CSM-STATISTICS-CELL', { minimum: minimumCell });
}
