import { foldScale } from '../fold.js';
import { readMoments } from './moments.js';
import { sharedStep, stateBefore } from './step.js';

export const scale = sharedStep(readMoments, (all, asked) => foldScale(all, stateBefore(asked)));
