import { stream } from '@consilium/models/layers';
import { type Model, type Progress, readTensors, train } from '@consilium/models/training';
import type { Contract } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { SiteId, StepId } from '@consilium/shared/ids';
import type { PreparationState } from '@consilium/shared/statistics';
import { encodeWeights, tensorAt } from '@consilium/shared/weights';
import type { Part } from '../data/index.js';
import { loadWeights } from './contract-model.js';

export interface TrainStep {
  readonly model: Model;
  readonly contract: Contract;
  readonly site: SiteId;
  readonly step: StepId;
  readonly state: PreparationState;
  /** Prepared training samples. */
  readonly part: Part;
  /** The global model, as its file. */
  readonly base: Uint8Array;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * Trains the global model on this site's samples and gives the update as its file, of the same form as the base.
 * The seed follows from contract, site and step alone: done again after a crash, the same bytes come out.
 * @throws CSM-TRAINER-MODEL, CSM-TRAINER-DIVERGED, CSM-TRAINING-DIVERGED, the signal's reason
 */
export async function trainStep(
  given: TrainStep,
): Promise<{ readonly update: Uint8Array; readonly meanLoss: number; readonly batches: number }> {
  const { model, contract, site, step, state, part, base, signal, onProgress } = given;
  const { training, validation, seed } = contract.runFile;
  const { layout, metadata } = loadWeights(model, base, step);
  const { meanLoss, batches } = await train({
    model,
    samples: part,
    batchSize: training.batchSize,
    epochs: training.localEpochs,
    optimizer: training.optimizer,
    classWeights: training.classWeights === 'sqrt' ? rootClassWeights(state.classCounts, validation.minimumCell) : null,
    seed: stream(seed, 'train', site, step).integer(2 ** 32),
    onProgress,
    signal,
  });
  const values = await readTensors(model.shared);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) fail('CSM-TRAINER-DIVERGED', { tensor: tensorAt(layout, bad) });
  return { update: encodeWeights({ layout, metadata, values }), meanLoss, batches };
}

/**
 * Class weights ∝ 1/√n over all hospitals, with mean 1. A class whose counts were all withheld counts as if it had
 * the fewest samples that could be shown.
 * @param counts training samples of each class over all hospitals
 */
export function rootClassWeights(counts: readonly number[], minimumCell: number): number[] {
  const roots = counts.map((count) => 1 / Math.sqrt(Math.max(count, minimumCell, 1)));
  const mean = roots.reduce((sum, root) => sum + root, 0) / roots.length;
  return roots.map((root) => root / mean);
}
