import { type LabelledSamples, shapeOf } from '@consilium/models/samples';
import { calibrate, type Model } from '@consilium/models/training';
import { stagesOf } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { samplesOfStage } from '../data/index.js';
import type { Exported } from '../exported/index.js';
import { buildModel, checkInput, loadWeights } from './contract-model.js';

export interface OpenedModel {
  readonly model: Model;
  readonly batchSize: number;
  /** Normalisations that every hospital has of its own were fitted to these samples, as far as they are of groups that were trained on. */
  readonly calibrated: boolean;
}

/**
 * An exported model with its weights, on the backend in use, for prepared samples of this hospital.
 * @throws CSM-MODEL-*, CSM-TRAINER-MODEL, CSM-WEIGHTS-*, CSM-EVALUATE-CALIBRATION
 */
export async function openExported(exported: Exported, samples: LabelledSamples): Promise<OpenedModel> {
  const { contract } = exported;
  const { seed, validation } = contract.runFile;
  const last = stagesOf(contract.runFile).at(-1)!;
  const { name: stage, batchSize } = last;
  // Labels that are not known are no fault of the input.
  checkInput(contract, { ...samples, y: samples.y.map((label) => Math.max(0, label)) }, stage);
  const model = buildModel(contract, shapeOf(samples), stage);
  loadWeights(model, exported, 'test');
  const calibrated = model.local.layout.length > 0;
  if (calibrated) {
    const { minimumCohort: minimum } = validation;
    const own = samplesOfStage(samples, contract.runFile, last);
    if (new Set(own.patients).size < minimum) fail('CSM-EVALUATE-CALIBRATION', { minimum });
    await calibrate({ model, samples: own, batchSize, seed });
  }
  return { model, batchSize, calibrated };
}
