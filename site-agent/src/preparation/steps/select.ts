import { asRows, eachColumn } from '@consilium/models/samples';
import { fail } from '@consilium/shared/errors';
import { classMoments, type GroupStatistics, type Moments } from '@consilium/shared/statistics';
import type { Part } from '../../data/index.js';
import type { Fitting, SiteStep } from './step.js';

/** Moments of each feature, for `anova` in each class. What was chosen are the state's features, to which `cohort` brings every part. */
export const select: SiteStep = { fit: groupStatistics, apply: () => (part) => part };

/**
 * Count, mean and M2 of each feature in each class, or in all. Feature by feature, those classes are left out of which, together with the
 * totals of later steps over the same patients, something about fewer than `minimumCell` of them would follow.
 */
function groupStatistics({ dataset, contract, salt }: Fitting): GroupStatistics {
  const { preparation, validation } = contract.runFile;
  const wanted = preparation.select ?? fail('CSM-STATISTICS-INVALID', { problem: 'select is asked for without need' });
  const { train } = dataset.parts;
  const byClass = 'anova' in wanted;
  const groups = byClass ? dataset.classes.length : 1;
  const terms = { classes: groups, minimum: validation.minimumCell };
  const members = { y: byClass ? train.y : new Int32Array(train.rows), patients: train.patients };
  const found: (readonly Moments[])[] = [];
  const known: number[] = [];
  const above: number[] = [];
  eachColumn(asRows(train.input), (_, values) => {
    found.push(classMoments(values, members, terms));
    if (wanted.above === undefined) return;
    const counts = countsAbove(values, train, { bound: wanted.above, minimum: validation.minimumCell });
    known.push(counts.known);
    above.push(counts.above);
  });
  const tableOf = (figure: (moments: Moments) => number): number[][] =>
    Array.from({ length: groups }, (_, group) => found.map((own) => figure(own[group]!)));
  return {
    format: 'consilium-select-1',
    salt,
    n: tableOf(({ n }) => n),
    mean: tableOf(({ mean }) => brief(mean)),
    m2: tableOf(({ m2 }) => brief(m2)),
    ...(wanted.above !== undefined && { known, above }),
  };
}

/**
 * How many values are known and how many of them lie above a bound. Where fewer than `minimum` patients are on one side it goes to the
 * other, which moves a share by so many patients at most; where they are fewer on both together, nothing is known.
 */
function countsAbove(
  values: Float32Array,
  { patients }: Part,
  { bound, minimum }: { readonly bound: number; readonly minimum: number },
): { readonly known: number; readonly above: number } {
  const sides = { above: { rows: 0, patients: new Set<number>() }, below: { rows: 0, patients: new Set<number>() } };
  for (const [row, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    const side = value > bound ? sides.above : sides.below;
    side.rows += 1;
    side.patients.add(patients[row]!);
  }
  const known = sides.above.rows + sides.below.rows;
  if (new Set([...sides.above.patients, ...sides.below.patients]).size < minimum) return { known: 0, above: 0 };
  if (sides.above.patients.size < minimum) return { known, above: 0 };
  return { known, above: sides.below.patients.size < minimum ? known : sides.above.rows };
}

/** Nine digits rank features as well as seventeen, in half the bytes: there may be tens of thousands of them in twenty classes. */
const brief = (value: number): number => Number(value.toPrecision(9));
