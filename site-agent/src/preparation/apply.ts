import { type PreparationName, preparationName, type RunFile } from '@consilium/shared/contract';
import type { PreparationState } from '@consilium/shared/statistics';
import { type Dataset, type Part, type PartName, trainedSamples } from '../data/index.js';
import { steps } from './steps/index.js';

/** A cohort as the model takes it: no missing values, the model's features in the model's order. */
export interface Prepared {
  readonly features: readonly string[];
  readonly classes: readonly string[];
  readonly parts: Readonly<Record<PartName, Part>>;
}

/**
 * Does all that the preparation's steps have fixed, in their order, alike for all parts and all sites.
 * @param until ends before this step: what its statistics are made from
 * @throws CSM-DATA-CHANGED when the dataset lacks a feature of the state
 */
export function applyPreparation(
  dataset: Dataset,
  state: PreparationState,
  run: RunFile,
  until?: PreparationName,
): Prepared {
  const names = preparationName.options;
  const wanted = names.slice(0, until === undefined ? names.length : names.indexOf(until));
  const parts = wanted.reduce<Readonly<Record<PartName, Part>>>((before, name) => {
    const change = steps[name].apply({ state, run, dataset, training: trainedSamples(before.train, run) });
    return { train: change(before.train), validation: change(before.validation), test: change(before.test) };
  }, dataset.parts);
  return { features: state.features, classes: dataset.classes, parts };
}

/** Whether a part of the preparation is fitted to a hospital's own samples, so that a new one needs a calibration sample. */
export const fitsHere = ({ preparation }: RunFile): boolean => preparation.harmonise !== undefined;
