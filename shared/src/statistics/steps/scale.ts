import { foldScale } from '../fold.js';
import type { PreparationState } from '../preparation-state.js';
import { refuse } from '../reading.js';
import { readScale } from '../scale.js';
import { type Asked, sharedStep } from './step.js';

export const scale = sharedStep(
  ({ bytes, samples }, asked) => {
    const { minimumCell } = asked.contract.runFile.validation;
    return readScale(bytes, { state: known(asked), samples, minimumCell });
  },
  (all, asked) => foldScale(all, known(asked)),
);

const known = ({ state }: Asked): PreparationState => state ?? refuse('scale comes before cohort');
