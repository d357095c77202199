import { addMoments, nothingPooled, scaledBy } from '../fold.js';
import { readMoments } from './moments.js';
import { type SharedStep, stateBefore } from './step.js';

/** Each site's moments are added as they come: those of many sites take no more memory than of one. */
export const scale: SharedStep = {
  open(asked) {
    const state = stateBefore(asked);
    let pooled = nothingPooled(state);
    return {
      add(blob) {
        pooled = addMoments(pooled, readMoments(blob, asked));
      },
      finish: () => scaledBy(pooled, state),
    };
  },
};
