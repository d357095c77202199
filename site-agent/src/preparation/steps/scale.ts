import { asRows, type DenseRows, denseRows, eachColumn, type SparseRows } from '@consilium/models/samples';
import { type Moments, momentsOf, noMoments, type ScaleStatistics } from '@consilium/shared/statistics';
import type { Part } from '../../data/index.js';
import type { Applying, SiteStep } from './step.js';

/**
 * Missing values, scale and limits. With federated scaling: (x − mean) / sd, limited to ± clip; a feature with sd = 0 becomes 0, and so
 * does a missing value. Without: x as it is, a missing value becomes the mean over all sites or 0.
 */
export const scale: SiteStep = {
  fit: ({ dataset, contract, salt }) =>
    scaleStatistics(dataset.parts.train, contract.runFile.validation.minimumCell, salt),
  apply: ({ state, run }: Applying) => {
    const { clip, impute, scale: how } = run.preparation;
    const means = state.features.map((_, feature) => state.scale?.mean[feature] ?? 0);
    const factors = state.features.map((_, feature) => {
      const sd = state.scale?.sd[feature] ?? 0;
      return sd > 0 ? 1 / sd : 0;
    });
    const prepared = (value: number, feature: number): number => {
      if (how === 'none') return Number.isNaN(value) ? (impute === 'mean' ? means[feature]! : 0) : value;
      if (Number.isNaN(value)) return 0;
      return Math.min(clip, Math.max(-clip, (value - means[feature]!) * factors[feature]!));
    };
    return (part) => {
      if (part.input.kind !== 'rows' && part.input.kind !== 'sparse') return part;
      const input = how === 'none' ? part.input : dense(part.input);
      const columnOf = (index: number) => (input.kind === 'rows' ? index % input.width : input.columns[index]!);
      return {
        ...part,
        input: { ...input, values: input.values.map((value, index) => prepared(value, columnOf(index))) },
      };
    };
  },
};

/** Every value of its own: what is 0 in a sparse matrix is so no more once a mean is taken off. */
const dense = (input: DenseRows | SparseRows): DenseRows => {
  if (input.kind === 'rows') return input;
  const { rows, width } = input;
  return {
    kind: 'rows',
    rows,
    width,
    values: denseRows(
      input,
      Int32Array.from({ length: rows }, (_, row) => row),
    ),
  };
};

/**
 * n, mean and M2 of each feature over this site's training samples. A feature known of fewer than `minimumCell` patients is left
 * out (n = 0).
 */
export function scaleStatistics(training: Part, minimumCell: number, salt: string): ScaleStatistics {
  const patientsKnown = patientCounter(training);
  const moments: Moments[] = [];
  eachColumn(asRows(training.input), (_, values) => {
    moments.push(patientsKnown(values) < minimumCell ? noMoments : momentsOf(values));
  });
  return {
    format: 'consilium-scale-1',
    salt,
    n: moments.map(({ n }) => n),
    mean: moments.map(({ mean }) => mean),
    m2: moments.map(({ m2 }) => m2),
  };
}

/** Counts the patients of whom at least one value is known. */
function patientCounter(part: Part): (values: Float32Array) => number {
  const countedIn = new Int32Array(part.patients.reduce((most, patient) => Math.max(most, patient), 0) + 1);
  let call = 0;
  return (values) => {
    call += 1;
    let patients = 0;
    for (let row = 0; row < part.rows; row++) {
      const patient = part.patients[row]!;
      if (Number.isNaN(values[row]) || countedIn[patient] === call) continue;
      countedIn[patient] = call;
      patients += 1;
    }
    return patients;
  };
}
