import type { LabelledSamples } from '@consilium/models/samples';
import type { Predictions } from '@consilium/shared/metrics';
import { type FigureSum, nameInGroup } from '@consilium/shared/report';
import { releasable } from '@consilium/shared/statistics';

/** The samples of one group. */
export interface GroupRows {
  readonly name: string;
  readonly rows: Int32Array;
}

/**
 * The groups whose figures may be told beside those of all samples: each holds at least `minimum` patients, and so does what is left
 * of all samples without them.
 * @param names of the run's groups, in order
 */
export function toldGroups(
  samples: Pick<LabelledSamples, 'patients' | 'groups'>,
  names: readonly string[],
  minimum: number,
): readonly GroupRows[] {
  const { groups, patients } = samples;
  if (groups === null || names.length === 0) return [];
  const rowsOf = (group: number): Int32Array =>
    Int32Array.from([...groups.keys()].filter((row) => groups[row] === group));
  // Samples whose group is not known are one more group, of which nothing is told.
  const all = [...names.keys(), -1].map(rowsOf);
  const told = releasable(
    all.map((rows) => new Set(Array.from(rows, (row) => patients[row]!))),
    minimum,
  );
  return names.flatMap((name, group) => (told[group] && all[group]!.length > 0 ? [{ name, rows: all[group]! }] : []));
}

/** Predictions of some of the samples. */
export function predictionsOf({ y, probabilities, classes }: Predictions, rows: Int32Array): Predictions {
  const own = new Float32Array(rows.length * classes);
  rows.forEach((row, index) => {
    for (let label = 0; label < classes; label++) own[index * classes + label] = probabilities[row * classes + label]!;
  });
  return { y: Int32Array.from(rows, (row) => y[row]!), probabilities: own, classes };
}

/**
 * Sums of a figure that samples have each: over all, then by group. Told only where enough patients, or none, have it and where enough,
 * or none, have it not; NaN: a sample has none.
 */
export function figureSums(
  { name, values }: { readonly name: string; readonly values: Float32Array },
  samples: Pick<LabelledSamples, 'patients' | 'groups'>,
  names: readonly string[],
  minimum: number,
): readonly FigureSum[] {
  const { patients, groups } = samples;
  const rows = [...values.keys()];
  const known = rows.filter((row) => Number.isFinite(values[row]));
  const enough = (some: readonly number[]): boolean => {
    const { size } = new Set(some.map((row) => patients[row]));
    return size === 0 || size >= minimum;
  };
  const lacking = (group?: number) =>
    rows.filter((row) => !Number.isFinite(values[row]) && (group === undefined || groups?.[row] === group));
  if (known.length === 0 || !enough(known) || !enough(lacking())) return [];
  const sumOf = (called: string, own: readonly number[]): FigureSum => ({
    name: called,
    n: own.length,
    sum: own.reduce((sum, row) => sum + (values[row] ?? 0), 0),
  });
  const whole = sumOf(name, known);
  if (!names.every((_, group) => enough(lacking(group)))) return [whole];
  const those = {
    patients: Int32Array.from(known, (row) => patients[row]!),
    groups: groups && Int32Array.from(known, (row) => groups[row]!),
  };
  const byGroup = toldGroups(those, names, minimum).map((group) =>
    sumOf(
      nameInGroup(group.name, name),
      Array.from(group.rows, (index) => known[index]!),
    ),
  );
  return [whole, ...byGroup];
}
