import { asRows, selectColumns } from '@consilium/models/samples';
import type { RunFile } from '@consilium/shared/contract';
import type { PreparationState } from '@consilium/shared/statistics';
import type { Dataset, Part, PartName } from '../data/index.js';
import { columnsOf } from './scale.js';

/** A cohort as the model takes it: no missing values, the model's features in the model's order. */
export interface Prepared {
  readonly features: readonly string[];
  readonly classes: readonly string[];
  readonly parts: Readonly<Record<PartName, Part>>;
}

/**
 * Selects and orders features, fills missing values, scales and clips, alike for all parts and all sites.
 * With federated scaling: (x − mean) / sd, limited to ± clip; a feature with sd = 0 becomes 0, and so does a missing value.
 * Without: x as it is, a missing value becomes the mean over all sites or 0.
 * @throws CSM-DATA-CHANGED when the dataset lacks a feature of the state
 */
export function applyPreparation(
  dataset: Dataset,
  state: PreparationState,
  preparation: RunFile['preparation'],
): Prepared {
  const columns = columnsOf(dataset, state);
  const scaled = preparation.scale === 'federated';
  const means = Float64Array.from(columns, (_, feature) => state.scale?.mean[feature] ?? 0);
  const factors = Float64Array.from(columns, (_, feature) => {
    const sd = state.scale?.sd[feature] ?? 0;
    return sd > 0 ? 1 / sd : 0;
  });
  const { clip, impute } = preparation;
  const prepareValue = (value: number, feature: number): number => {
    if (!scaled) return Number.isNaN(value) ? (impute === 'mean' ? means[feature]! : 0) : value;
    if (Number.isNaN(value)) return 0;
    return Math.min(clip, Math.max(-clip, (value - means[feature]!) * factors[feature]!));
  };
  const preparePart = (part: Part): Part => {
    const input = selectColumns(asRows(part.input), columns);
    const values = input.values.map((value, index) => prepareValue(value, index % columns.length));
    return { ...part, input: { ...input, values } };
  };
  const { train, validation, test } = dataset.parts;
  return {
    features: state.features,
    classes: dataset.classes,
    parts: { train: preparePart(train), validation: preparePart(validation), test: preparePart(test) },
  };
}
