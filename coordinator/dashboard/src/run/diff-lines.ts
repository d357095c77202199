import { diffLines } from 'diff';

/** A line of a file beside an earlier one. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** The lines of two texts as one list: what is in both once, else first what went and then what came. */
export const diffRows = (before: string, after: string): readonly DiffLine[] =>
  diffLines(before, after).flatMap(({ value, added, removed }) =>
    value
      .replace(/\n$/, '')
      .split('\n')
      .map((text) => ({ kind: added ? ('added' as const) : removed ? ('removed' as const) : ('same' as const), text })),
  );
