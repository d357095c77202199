import { attention } from './attention.js';
import type { ConformanceCase } from './case.js';
import { convolution } from './convolution.js';
import { elements } from './elements.js';
import { gathering } from './gathering.js';
import { losses } from './losses.js';
import { normalisation } from './normalisation.js';
import { operations } from './operations.js';
import { optimiserSteps } from './optimiser-steps.js';
import { pooling } from './pooling.js';
import { products } from './products.js';
import { randomMasks } from './random-masks.js';
import { reductions } from './reductions.js';
import { shapes } from './shapes.js';
import { trainingSteps } from './training-steps.js';
import { weights } from './weights.js';

/**
 * Every case of the suite, one file a topic. Whatever a family computes with has a case here, value and gradient.
 *
 * To add one, put it into the list of its topic. An operation with a fast and a plain form is
 * `operationCase(topic, { name, inputs, operation: fast, plain })`: the fast form on the backend is held against the plain one on
 * `cpu` (`operations.ts`). A family in the registry gets its training steps by itself.
 */
export const conformanceCases: readonly ConformanceCase[] = [
  ...products,
  ...elements,
  ...shapes,
  ...reductions,
  ...gathering,
  ...attention,
  ...normalisation,
  ...convolution,
  ...pooling,
  ...losses,
  ...operations,
  ...randomMasks,
  ...optimiserSteps,
  ...weights,
  ...trainingSteps,
];
