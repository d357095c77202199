import { z } from 'zod';
import { groupNames } from './data/common.js';
import { rateSchedule } from './rate-schedule.js';
import { strategy } from './strategy.js';
import { update } from './update.js';

const optimizer = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('adam'), rate: z.number().positive(), weightDecay: z.number().min(0).default(0) }),
  z.strictObject({
    name: z.literal('sgd'),
    rate: z.number().positive(),
    momentum: z.number().min(0).lt(1).default(0),
    weightDecay: z.number().min(0).default(0),
  }),
]);

/** How often weights are exchanged in a stage. */
export const rounds = z.int().min(1).max(100_000);
const localEpochs = z.int().min(1).max(1000);
const batchSize = z.int().min(1).max(65_536);
/** `none`; `sqrt`: class weights ∝ 1/√n over all hospitals; `inverse`: ∝ 1/n. Both with mean 1. */
const classWeights = z.enum(['none', 'sqrt', 'inverse']);

// Settings that came after the first contracts were signed have no default here: filled in, it would change what was signed.
// `stagesOf` says what they are where left out.
const refinements = {
  schedule: rateSchedule.exactOptional(),
  /** What the learning rate of a tensor is multiplied by, by the beginning of its name; the longest that fits decides. */
  rates: z.record(z.string().min(1).max(128), z.number().min(0).max(1000)).exactOptional(),
  /** The greatest L2 norm of all gradients of a step together. */
  gradientLimit: z.number().positive().exactOptional(),
  /** FedProx: strength of the pull back to the round's global model. Not beside the strategy `fedprox`, which says it for all stages. */
  proximal: z.number().min(0).exactOptional(),
  /** The stage ends when so many judged rounds have brought nothing better. */
  earlyStop: z.strictObject({ patience: z.int().min(1) }).exactOptional(),
};

export const training = z.strictObject({
  strategy,
  rounds,
  localEpochs: localEpochs.default(1),
  batchSize: batchSize.default(32),
  optimizer,
  classWeights: classWeights.default('none'),
  update: update.exactOptional(),
  ...refinements,
});

/** What decides which round's model is the result, pooled over validation patients. */
export const choose = z.enum(['loss', 'macroF1', 'balancedAccuracy', 'accuracy', 'auc']);

/** A stage of a run: what it is to the model's family, and where its training differs from the run's. */
export const stage = z.strictObject({
  name: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower case letters, digits and inner hyphens'),
  rounds: rounds.exactOptional(),
  localEpochs: localEpochs.exactOptional(),
  batchSize: batchSize.exactOptional(),
  optimizer: optimizer.exactOptional(),
  classWeights: classWeights.exactOptional(),
  choose: choose.exactOptional(),
  /** The groups of `data.groups` that it trains and is validated on; all where left out. */
  groups: groupNames.exactOptional(),
  ...refinements,
});
