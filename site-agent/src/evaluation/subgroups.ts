import { bandNames, bandOf, isHeading, notStated, otherValues, type Subgroup } from '@consilium/shared/contract';
import {
  countsOf,
  intervalsOf,
  isWithheld,
  measure,
  type Predictions,
  type ReleasedMeasures,
  scoreNames,
  supportOf,
  suppress,
  tallyPatients,
  withheld,
  withholdSubgroups,
} from '@consilium/shared/metrics';
import { nameInSubgroup, type Panel, type ReleasedSubgroups } from '@consilium/shared/report';
import { releasable } from '@consilium/shared/statistics';
import { readNumber, type StatedValue } from '../data/index.js';
import { type GroupRows, predictionsOf } from './groups.js';

/** Values that too many patients share to be called others, of one column at most. */
const mostNamed = 12;

export interface Judged {
  readonly predictions: Predictions;
  readonly patients: Int32Array;
  /** The model's figures of all these samples, as they are released. */
  readonly whole: ReleasedMeasures;
  readonly classes: readonly string[];
  readonly minimumCell: number;
  readonly draws: number;
  /** Numbers in [0, 1) for the intervals of a subgroup. */
  readonly randomOf: (column: string, name: string) => () => number;
}

export interface JudgedSubgroup {
  readonly shown: ReleasedSubgroups;
  /** For the sum over all sites: of groups whose figures are shown, and that mean the same at every site. */
  readonly panels: readonly Panel[];
}

/**
 * The model's figures of each subgroup that a column tells. A group of too few patients is withheld, and as much with it that neither the
 * figures of all samples nor those of other groups tell of it; so are its counts by class (withholdSubgroups).
 * @param values of the column, by row; null where it says nothing
 */
export function judgeSubgroup(
  { predictions, patients, whole, classes, minimumCell, draws, randomOf }: Judged,
  subgroup: Subgroup,
  values: readonly StatedValue[],
): JudgedSubgroup {
  const groups = subgroupRows(values, subgroup, patients, minimumCell);
  const members = groups.map(({ rows }) => new Set(Array.from(rows, (row) => patients[row]!)));
  const enough = releasable(members, minimumCell);
  // A withheld size may be that of nobody.
  const told = members.map(({ size }, group) => enough[group]! && (size > 0 || enough.every(Boolean)));
  const measured = groups.map(({ name, rows }, group) => {
    const own = predictionsOf(predictions, rows);
    const measures = measure(own, classes);
    if (!told[group] || rows.length === 0) return { own, measures, released: null };
    const intervals = intervalsOf(own, draws, randomOf(subgroup.column, name));
    const people = tallyPatients(
      own,
      Int32Array.from(rows, (row) => patients[row]!),
    );
    return { own, measures, released: suppress(measures, minimumCell, { intervals, patients: people }) };
  });
  const samples = measured.map(({ measures }) => supportOf(measures.confusion));
  const mask = withholdSubgroups({
    samples,
    told,
    few: measured.map(({ released }) =>
      classes.map((_, label) => isWithheld(released?.perClass[label]?.support ?? null)),
    ),
    supports: whole.perClass.map(({ support }) => isWithheld(support)),
  });
  const scores = withoutTelling(
    measured.map(({ released }) => released?.scores ?? null),
    { whole: whole.scores, sizes: members.map(({ size }) => size), told },
  );
  const shown = groups.map(({ name, rows }, group) => ({
    name,
    n: mask.sizes[group] ? withheld : rows.length,
    scores: mask.sizes[group] ? null : scores[group]!,
    support: samples[group]!.map((count, label) => (mask.cells[group]![label] ? withheld : count)),
  }));
  const panels = shown.flatMap(({ name, scores }, group) =>
    name === otherValues || scores === null || isSilent(scores)
      ? []
      : [{ name: nameInSubgroup(subgroup.column, name), counts: countsOf(measured[group]!.own) }],
  );
  return { shown: { column: subgroup.column, groups: shown }, panels };
}

/** The rows of each subgroup; every row is in one, and every band is there even if nobody is in it. */
export function subgroupRows(
  values: readonly StatedValue[],
  { bands }: Subgroup,
  patients: Int32Array,
  minimum: number,
): readonly GroupRows[] {
  const stated = bands === undefined ? namedValues(values, patients, minimum) : valuesInBands(values, bands);
  return stated.names.map((name) => ({
    name,
    rows: Int32Array.from([...values.keys()].filter((row) => stated.of[row] === name)),
  }));
}

interface Named {
  readonly names: readonly string[];
  /** The name of each row's subgroup. */
  readonly of: readonly string[];
}

function valuesInBands(values: readonly StatedValue[], bands: readonly number[]): Named {
  const names = bandNames(bands);
  const nameOf = (text: StatedValue): string => {
    const value = readNumber(text ?? '');
    return value === null || Number.isNaN(value) ? notStated : names[bandOf(value, bands)]!;
  };
  return { names: [...names, notStated], of: values.map(nameOf) };
}

/** What few patients share is not called by its name: a rare value may itself tell who they are. */
function namedValues(values: readonly StatedValue[], patients: Int32Array, minimum: number): Named {
  const members = new Map<string, Set<number>>();
  for (const [row, value] of values.entries()) {
    if (value === null || value === undefined) continue;
    members.set(value, (members.get(value) ?? new Set()).add(patients[row]!));
  }
  const common = [...members]
    .filter(([name, { size }]) => size >= minimum && isHeading(name) && name !== notStated && name !== otherValues)
    .sort(([a, one], [b, other]) => other.size - one.size || (a < b ? -1 : 1))
    .slice(0, mostNamed)
    .map(([name]) => name)
    .sort();
  const known = new Set(common);
  const nameOf = (value: StatedValue): string => {
    if (value === null || value === undefined || value === notStated) return notStated;
    return known.has(value) ? value : otherValues;
  };
  return { names: [...common, otherValues, notStated], of: values.map(nameOf) };
}

type Scores = ReleasedMeasures['scores'];

const nothingSaid = Object.fromEntries(scoreNames.map((name) => [name, { value: withheld, interval: null }])) as Scores;

const isSilent = (scores: Scores | null): boolean => scores !== null && isWithheld(scores.accuracy.value);

/**
 * Scores of subgroups that do not give away one that is withheld, of all samples or of one group: where the rest of all samples is no
 * group of its own, that one would follow from the others.
 */
function withoutTelling(
  scores: readonly (Scores | null)[],
  {
    whole,
    sizes,
    told,
  }: { readonly whole: Scores; readonly sizes: readonly number[]; readonly told: readonly boolean[] },
): readonly (Scores | null)[] {
  if (isSilent(whole)) return scores.map((own) => own && nothingSaid);
  const silent = scores.filter(isSilent).length;
  if (silent !== 1 || told.includes(false)) return scores;
  const [partner] = [...scores.keys()]
    .filter((group) => scores[group] && !isSilent(scores[group]))
    .sort((a, b) => sizes[a]! - sizes[b]! || a - b);
  return scores.map((own, group) => (group === partner ? nothingSaid : own));
}
