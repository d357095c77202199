import { selectColumns } from '@consilium/models/samples';
import { type Contract, featureList } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { type CohortStatistics, type PreparationState, suppressCells } from '@consilium/shared/statistics';
import { classCells, type Dataset, type Part, stageSamples } from '../../data/index.js';
import type { Applying, SiteStep } from './step.js';

/** Counts and names; afterwards every part has the run's features, in the run's order. */
export const cohort: SiteStep = {
  fit: ({ dataset, contract, salt }) => cohortStatistics(dataset, contract, salt),
  apply: ({ state, dataset }: Applying) => {
    const columns = columnsOf(dataset, state);
    return (part) =>
      part.input.kind === 'rows' || part.input.kind === 'sparse'
        ? { ...part, input: selectColumns(part.input, columns) }
        : part;
  },
};

/** Where the dataset holds each feature of the state. @throws CSM-DATA-CHANGED */
function columnsOf(dataset: Dataset, state: PreparationState): readonly number[] {
  const at = new Map(dataset.features.map((name, column) => [name, column]));
  return state.features.map((name) => at.get(name) ?? fail('CSM-DATA-CHANGED', { column: name }));
}

/**
 * First preparation pass: what this site has, as counts; names of columns only where the contract asks for them.
 * Counts about fewer than `minimumCell` patients are withheld, and so are totals that would give them back.
 */
export function cohortStatistics(dataset: Dataset, contract: Contract, salt: string): CohortStatistics {
  const { validation } = contract.runFile;
  const { train } = dataset.parts;
  const stages = stageSamples(train, contract.runFile);
  const { read, kept, otherLabel, quarantined, missingFeatures } = dataset.counts;
  const minimum = validation.minimumCell;
  const hide = (count: number): number | null => (count > 0 && count < minimum ? null : count);
  const size = (part: Part): number | null => (hide(new Set(part.patients).size) === null ? null : part.rows);
  const parts = { validation: size(dataset.parts.validation), test: size(dataset.parts.test) };
  const left = { otherLabel: hide(otherLabel), quarantined: hide(quarantined) };
  const total = Object.values(parts).includes(null) ? null : kept;
  return {
    format: 'consilium-cohort-1',
    salt,
    samples: { train: train.rows, ...parts },
    classCounts: [...suppressCells(classCells(train, dataset.classes.length), minimum)],
    ...(stages !== null && { stageSamples: [...stages] }),
    features: featureList(contract) === null ? [...dataset.features] : null,
    missingFeatures,
    counts: { read: total === null || Object.values(left).includes(null) ? null : read, kept: total, ...left },
  };
}
