import { z } from 'zod';

const maxSubgroups = 8;
const maxEdges = 11;
/** What may stand above a column of figures: at most 64 characters in one line. */
const heading = /^[^\p{Cc}]{1,64}$/u;
export const isHeading = (text: string): boolean => heading.test(text);

const rising = (edges: readonly number[]): boolean =>
  edges.every((edge, index) => index === 0 || edge > edges[index - 1]!);

/** A column by whose values the final test tells subgroups; with bands, by which of them its number falls into. */
export const subgroup = z.strictObject({
  column: z.string().regex(heading, 'at most 64 characters in one line'),
  /** Where bands of a number begin: [18, 65] gives under 18, 18 to 64, 65 and over. */
  bands: z
    .array(z.number())
    .min(1)
    .max(maxEdges)
    .refine(rising, 'must rise: each edge above the one before')
    .exactOptional(),
});
export interface Subgroup {
  readonly column: string;
  readonly bands?: readonly number[];
}

export const subgroups = z
  .array(subgroup)
  .min(1)
  .max(maxSubgroups)
  .refine((list) => new Set(list.map(({ column }) => column)).size === list.length, 'each column once');

/** Of samples whose column is empty, is missing at a site, or holds no number where the run has bands. */
export const notStated = 'not stated';
/** Of samples whose value too few patients of a site share for it to be named. */
export const otherValues = 'other values';

/** Names of the bands between edges, lowest first. Whole edges are told as ages are: `18 to 39`. */
export function bandNames(edges: readonly number[]): readonly string[] {
  const whole = edges.every(Number.isInteger);
  const between = (low: number, high: number): string => {
    if (!whole) return `${low} to under ${high}`;
    return high - low === 1 ? `${low}` : `${low} to ${high - 1}`;
  };
  return [
    `under ${edges[0]}`,
    ...edges.slice(1).map((high, index) => between(edges[index]!, high)),
    `${edges.at(-1)} and over`,
  ];
}

/** Which band a number falls into: an edge belongs to the band above it. */
export const bandOf = (value: number, edges: readonly number[]): number => edges.filter((edge) => value >= edge).length;

interface Columns {
  readonly id: string;
  readonly patient?: string | undefined;
  readonly label: string;
  readonly group?: string;
}

/** Refuses columns that tell something else of a sample already. */
export function checkSubgroups(
  list: readonly Subgroup[] | undefined,
  { id, patient, label, group }: Columns,
  context: z.RefinementCtx,
): void {
  const taken = new Map([
    [id, 'names samples: it has no subgroups'],
    ...(patient === undefined ? [] : [[patient, 'names patients: it has no subgroups'] as const]),
    ...(group === undefined ? [] : [[group, 'is told by data.groups already: leave it out here'] as const]),
    [label, 'is the label, which every report tells class by class: leave it out here'],
  ]);
  for (const [index, { column }] of (list ?? []).entries()) {
    const why = taken.get(column);
    if (why === undefined) continue;
    const path = ['validation', 'subgroups', index, 'column'];
    context.addIssue({ code: 'custom', path, message: `${column} ${why}` });
  }
}
