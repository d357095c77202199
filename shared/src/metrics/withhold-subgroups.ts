import type { Confusion } from './confusion.js';
import { undetermined } from './margin-audit.js';

/** Samples of each class in each subgroup of one column; every sample is in one of them. */
export interface SubgroupTable {
  /** [groups, classes] */
  readonly samples: Confusion;
  /**
   * Groups whose size may be told: each holds enough patients, and so does what is left of all samples without them. Where some may not,
   * neither may an empty one: a withheld size may be that of nobody.
   */
  readonly told: readonly boolean[];
  /** Counts of told groups that are of too few patients, with what hides them in their own line. [groups, classes] */
  readonly few: readonly (readonly boolean[])[];
  /** Classes whose count over all samples is withheld. */
  readonly supports: readonly boolean[];
}

export interface SubgroupMask {
  /** [groups, classes] */
  readonly cells: readonly (readonly boolean[])[];
  /** Sizes of the groups. */
  readonly sizes: readonly boolean[];
}

/** Past this many counts the audit is not worth its time: where one is withheld, all are. */
const largestAudit = 400;

/**
 * Which counts of a table of subgroups by classes are withheld, given that the number of all samples and the shown ones of its class
 * totals stand elsewhere in the report. A group that may not be told loses its whole line. Then as many counts go with it, and with those
 * of few patients, that no row or column, totals included, has exactly one withheld cell, and none follows from what is shown. Where that
 * cannot be, all sizes are withheld.
 * Not covered: reasoning backwards from which counts were withheld to what they may be.
 */
export function withholdSubgroups({ samples, told, few, supports }: SubgroupTable): SubgroupMask {
  const classes = supports.length;
  const cells = samples.map((_, group) => (told[group] ? few[group]!.slice() : supports.map(() => true)));
  const sizes = told.map((own) => !own);
  const nothing = { cells: samples.map(() => supports.map(() => true)), sizes: samples.map(() => true) };
  const hidesAny = sizes.some(Boolean) || cells.some((line) => line.some(Boolean));
  if (!hidesAny && !supports.some(Boolean)) return { cells, sizes };
  if (samples.length * classes > largestAudit) return { cells: nothing.cells, sizes };

  const audited = auditOf(samples, { told, supports });
  const everywhere = samples.flatMap((own, group) => own.map((_, label) => ({ group, label })));
  for (;;) {
    const line = loneLine(cells, { sizes, supports });
    if (line === null && audited(cells)) return { cells, sizes };
    const [partner] = partners(line ?? everywhere, samples, cells);
    if (partner === undefined) return nothing;
    cells[partner.group]![partner.label] = true;
  }
}

interface Place {
  readonly group: number;
  readonly label: number;
}

/** Shown counts that may go with others, the best first: of someone, where no other line is left with one alone, the smallest. */
function partners(
  places: readonly Place[],
  samples: Confusion,
  cells: readonly (readonly boolean[])[],
): readonly Place[] {
  const ranked = places
    .filter(({ group, label }) => !cells[group]![label]!)
    .map((place) => {
      const { group, label } = place;
      const count = samples[group]![label]!;
      const begins = [cells[group]!, cells.map((line) => line[label]!)].filter((line) => !line.some(Boolean)).length;
      return { place, keys: [count === 0 ? 1 : 0, begins, count] };
    });
  const before = (a: readonly number[], b: readonly number[]): number =>
    a.map((value, index) => value - b[index]!).find((difference) => difference !== 0) ?? 0;
  return ranked.sort((a, b) => before(a.keys, b.keys)).map(({ place }) => place);
}

/** The counts of a line in which one figure alone is withheld; null where there is no such line. */
function loneLine(
  cells: readonly (readonly boolean[])[],
  { sizes, supports }: { readonly sizes: readonly boolean[]; readonly supports: readonly boolean[] },
): readonly Place[] | null {
  const rows = cells.map((line, group) => ({
    hidden: [...line, sizes[group]!],
    places: line.map((_, label) => ({ group, label })),
  }));
  const columns = supports.map((support, label) => ({
    hidden: [...cells.map((line) => line[label]!), support],
    places: cells.map((_, group) => ({ group, label })),
  }));
  const lone = [...rows, ...columns].find(({ hidden }) => hidden.filter(Boolean).length === 1);
  return lone?.places ?? null;
}

/**
 * Audits a mask of the counts together with the withheld totals. A total stands in the table as what it lacks to a number above all of
 * them, so that each line, margins among them, has a sum that is known.
 */
function auditOf(
  samples: Confusion,
  { told, supports }: Pick<SubgroupTable, 'told' | 'supports'>,
): (cells: readonly (readonly boolean[])[]) => boolean {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const sizes = samples.map(sum);
  const n = sum(sizes);
  const above = n + 2;
  const totals = supports.map((_, label) => sum(samples.map((line) => line[label]!)));
  const extended = [
    ...samples.map((line, group) => [...line, above - sizes[group]!]),
    [...totals.map((total) => above - total), n],
  ];
  // A withheld count of a told group is known to be of someone.
  const least = (row: number, column: number): 0 | 1 => (told[row] && column < supports.length ? 1 : 0);
  return (cells) => {
    const hidden = [...cells.map((line, group) => [...line, !told[group]]), [...supports, false]];
    return undetermined(extended, hidden, least);
  };
}
