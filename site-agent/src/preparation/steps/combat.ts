import { inFull } from '@consilium/models/samples';
import { fail } from '@consilium/shared/errors';
import {
  adjust,
  combatLocal,
  combatModel,
  combatSums,
  type Matrix,
  residualSquares,
} from '@consilium/shared/statistics';
import type { Part } from '../../data/index.js';
import { calibrationSample } from './calibration.js';
import type { Fitting, SiteStep } from './step.js';

/**
 * ComBat with the site as its batch: sums, then squares about the site's own mean. The batch's location and spread are fitted to the training
 * samples where they lie, anew each time: they are never sent, and cannot be lost.
 */
export const combat: SiteStep = {
  fit: ({ dataset, contract, pass, salt }) => {
    const values = matrixOf(refuseSmall(dataset.parts.train, contract));
    return pass === 1
      ? { format: 'consilium-combat-sums-1', salt, sums: combatSums(values, null).xty[0] }
      : { format: 'consilium-combat-squares-1', salt, squares: residualSquares(values, null, []) };
  },
  apply: ({ state, run, training }) => {
    if (run.preparation.harmonise !== 'combat') return (part) => part;
    const model = combatModel(state);
    const batch = combatLocal(matrixOf(calibrationSample(training, run)), null, model);
    return (part) => {
      const input = inFull(part.input);
      const values = new Float32Array(input.values.length);
      adjust(matrixOf(part), null, { model, batch }, values);
      return { ...part, input: { ...input, values } };
    };
  },
};

function matrixOf({ input }: Part): Matrix {
  const { rows, width, values } = inFull(input);
  return { rows, columns: width, values };
}

/** A sum over the whole site is about all its training patients. @throws CSM-COHORT-SMALL */
function refuseSmall(training: Part, { runFile: { validation } }: Fitting['contract']): Part {
  const { minimumCell } = validation;
  return new Set(training.patients).size >= minimumCell ? training : fail('CSM-COHORT-SMALL', { minimum: minimumCell });
}
