import { asRows, eachColumn } from '@consilium/models/samples';
import { passesOf } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { type GridStatistics, gridCounts, gridPlaces, imputedValues } from '@consilium/shared/statistics';
import { momentStatistics } from './moments.js';
import type { Fitting, SiteStep } from './step.js';

/** Moments, and in a second pass counts along the grid that they gave; afterwards no value is missing. */
export const impute: SiteStep = {
  fit: (fitting) => (fitting.pass === 1 ? momentStatistics(fitting) : gridStatistics(fitting)),
  apply: ({ state, run }) => {
    if (passesOf('impute', run) === 0) return (part) => part;
    const values = imputedValues(state);
    return (part) => {
      const input = asRows(part.input);
      const columnOf = (at: number): number => (input.kind === 'rows' ? at % input.width : input.columns[at]!);
      const filled = input.values.map((value, at) => (Number.isNaN(value) ? values[columnOf(at)]! : value));
      return { ...part, input: { ...input, values: filled } };
    };
  },
};

function gridStatistics({ dataset, contract, state, salt }: Fitting): GridStatistics {
  if (state === null) return fail('CSM-STATISTICS-INVALID', { problem: 'a grid is asked for before its place' });
  const places = gridPlaces(state);
  const { train } = dataset.parts;
  const { minimumCell } = contract.runFile.validation;
  const ends: number[][] = [];
  const counts: number[][] = [];
  eachColumn(asRows(train.input), (column, values) => {
    const grid = gridCounts(values, train.patients, places[column]!, minimumCell);
    ends.push([...grid.ends]);
    counts.push([...grid.counts]);
  });
  return { format: 'consilium-grid-1', salt, ends, counts };
}
