import { stream } from '@consilium/models/layers';
import { type Model, type Progress, readTensors, train } from '@consilium/models/training';
import { type Contract, oversamplingOf, type Stage } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { SiteId, StepId } from '@consilium/shared/ids';
import type { PreparationState } from '@consilium/shared/statistics';
import { encodeWeights, tensorAt } from '@consilium/shared/weights';
import { type Part, samplesOfStage } from '../data/index.js';
import { oversample } from '../preparation/index.js';
import { loadWeights, type WeightFiles } from './contract-model.js';
import { correctionOf, type Variates, variateAfter } from './control-variates.js';
import { encodeLocal } from './local-tensors.js';

export interface TrainStep {
  /** With its local tensors set. */
  readonly model: Model;
  readonly contract: Contract;
  readonly site: SiteId;
  readonly step: StepId;
  readonly stage: Stage;
  /** Of the stage, counted from 1. */
  readonly round: number;
  readonly state: PreparationState;
  /** Prepared training samples; those of the stage's groups are trained on. */
  readonly part: Part;
  /** The global model as its file, and what its stage does not train. */
  readonly base: WeightFiles;
  /** What the strategy `scaffold` corrects gradients by; left out under any other, and where a site trains by itself. */
  readonly variates?: Variates;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface TrainedStep {
  readonly update: Uint8Array;
  /** The tensors that stay at the site, as their file; null where the model has none. */
  readonly carried: Uint8Array | null;
  /** The site's control variate after this round; null without `variates`. */
  readonly variate: Float32Array | null;
  readonly meanLoss: number;
  readonly batches: number;
}

/**
 * Trains the global model on this site's samples and gives the update as its file, of the same form as the base.
 * The seed follows from contract, site and step alone: done again after a crash, the same bytes come out.
 * @throws CSM-TRAINER-MODEL, CSM-TRAINER-DIVERGED, CSM-TRAINING-DIVERGED, the signal's reason
 */
export async function trainStep(given: TrainStep): Promise<TrainedStep> {
  const { model, contract, site, step, stage, round, state, part, base, variates, signal, onProgress } = given;
  const { preparation, validation, seed } = contract.runFile;
  const more = oversamplingOf(preparation);
  const own = samplesOfStage(part, contract.runFile, stage);
  const { layout, metadata, values: before } = loadWeights(model, base, step);
  const { batchSize, localEpochs: epochs, optimizer, rounds, schedule, rates, gradientLimit, proximal } = stage;
  const { meanLoss, batches } = await train({
    model,
    samples: more === null ? own : oversample(own, more, stream(seed, 'oversample', site, step)),
    ...{ batchSize, epochs, optimizer, course: { round, rounds } },
    ...(schedule && { schedule }),
    ...(rates && { rates }),
    ...(gradientLimit !== undefined && { gradientLimit }),
    ...(proximal !== undefined && { proximal }),
    ...(variates && { correction: correctionOf(model, variates) }),
    classWeights: classWeightsOf(stage.classWeights, state.classCounts, validation.minimumCell),
    seed: stream(seed, 'train', site, step).integer(2 ** 32),
    onProgress,
    signal,
  });
  const values = await readTensors(model.shared);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) fail('CSM-TRAINER-DIVERGED', { tensor: tensorAt(layout, bad) });
  const walk = { before, after: values, distance: batches * optimizer.rate };
  return {
    update: encodeWeights({ layout, metadata, values }),
    carried: await encodeLocal(model),
    variate: variates ? variateAfter(model, variates, walk) : null,
    meanLoss,
    batches,
  };
}

/**
 * Class weights ∝ 1/√n or 1/n over all hospitals, with mean 1; null for equal ones. A class whose counts were all withheld counts as if
 * it had the fewest samples that could be shown.
 * @param counts training samples of each class over all hospitals
 */
export function classWeightsOf(
  how: Stage['classWeights'],
  counts: readonly number[],
  minimumCell: number,
): readonly number[] | null {
  if (how === 'none') return null;
  const power = how === 'sqrt' ? 0.5 : 1;
  const shares = counts.map((count) => 1 / Math.max(count, minimumCell, 1) ** power);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return shares.map((share) => share / mean);
}
