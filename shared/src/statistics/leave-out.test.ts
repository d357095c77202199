import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classMoments } from './anova.js';
import { releasable } from './leave-out.js';

const groups = (...members: readonly (readonly number[])[]) => members.map((patients) => new Set(patients));
const sized = (...sizes: readonly number[]) => {
  let next = 0;
  return sizes.map((size) => new Set(Array.from({ length: size }, () => next++)));
};

describe('releasable', () => {
  it('leaves out small groups, and the smallest others until the rest is large enough', () => {
    expect(releasable(sized(20, 9, 7), 5)).toEqual([true, true, true]);
    expect(releasable(sized(20, 1, 7), 5)).toEqual([true, false, false]);
    expect(releasable(sized(20, 3, 2, 7), 5)).toEqual([true, false, false, true]);
    expect(releasable(sized(20, 1, 7), 9)).toEqual([false, false, false]);
    expect(releasable(sized(30, 1, 7), 9)).toEqual([false, false, false]);
    expect(releasable(sized(30, 2, 7), 9)).toEqual([true, false, false]);
  });

  it('leaves empty groups as they are, and takes the first of two that are alike', () => {
    expect(releasable(sized(0, 6, 1, 6, 0), 5)).toEqual([true, false, false, true, true]);
    expect(releasable([], 5)).toEqual([]);
    expect(releasable(sized(0, 0), 5)).toEqual([true, true]);
  });

  it('counts a patient of several groups once', () => {
    const several = groups([1, 2, 3, 4], [1, 2, 3], [5, 6, 7, 8, 9], [10, 11, 12, 13, 14, 15]);
    expect(releasable(several, 5)).toEqual([false, false, false, true]);
  });

  it('never leaves fewer patients out than the smallest figure may be about, unless that is everybody', () => {
    const members = fc.array(fc.uniqueArray(fc.nat(30), { maxLength: 12 }), { maxLength: 8 });
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 10 }), (lists, minimum) => {
        const sets = groups(...lists);
        const released = releasable(sets, minimum);
        const union = (wanted: boolean) => new Set(lists.filter((_, at) => released[at] === wanted).flat()).size;
        if (new Set(lists.flat()).size >= minimum && union(false) > 0) {
          expect(union(false)).toBeGreaterThanOrEqual(minimum);
        }
        for (const [at, { size }] of sets.entries()) {
          if (released[at] && size > 0) expect(size).toBeGreaterThanOrEqual(minimum);
          if (size > 0 && size < minimum) expect(released[at]).toBe(false);
        }
      }),
    );
  });
});

/** Rank by elimination with full pivoting; entries are small whole numbers. */
function rank(rows: readonly (readonly number[])[]): number {
  const left = rows.map((row) => [...row]);
  let found = 0;
  for (let column = 0; column < (rows[0]?.length ?? 0); column++) {
    const size = (at: number) => Math.abs(left[at]![column]!);
    let pivot = found;
    for (let at = found; at < left.length; at++) if (size(at) > size(pivot)) pivot = at;
    if (found === left.length || size(pivot) < 1e-9) continue;
    const chosen = left[pivot]!;
    left[pivot] = left[found]!;
    left[found] = chosen;
    for (let at = found + 1; at < left.length; at++) {
      const factor = left[at]![column]! / chosen[column]!;
      for (let i = 0; i < chosen.length; i++) left[at]![i]! -= factor * chosen[i]!;
    }
    found += 1;
  }
  return found;
}

/** What is released of the rows, each figure as its weights of the rows: the sum over all, and those of released classes. */
function releasedSums(y: readonly number[], released: readonly boolean[]): readonly (readonly number[])[] {
  const sums = released.flatMap((kept, label) => (kept ? [y.map((own) => (own === label ? 1 : 0))] : []));
  return [y.map(() => 1), ...sums];
}

/** Whether a linear combination of the sums gives something about these rows alone. */
function isolates(sums: readonly (readonly number[])[], rows: ReadonlySet<number>): boolean {
  const others = sums.map((sum) => sum.filter((_, row) => !rows.has(row)));
  return rank(sums) > rank(others);
}

describe('what leaves a site with a class of one patient', () => {
  const minimum = 5;
  const y = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2];
  const patients = y.map((_, row) => row);
  const membersOf = (labels: readonly number[], who: readonly number[], classes: number) =>
    Array.from({ length: classes }, (_, label) => new Set(who.filter((__, row) => labels[row] === label)));

  it('gives that patient’s row in no linear combination', () => {
    const sums = releasedSums(y, releasable(membersOf(y, patients, 3), minimum));
    expect(isolates(sums, new Set([8]))).toBe(false);
    // Leaving out that class alone would have given the row, as the total less the other two.
    expect(isolates(releasedSums(y, [true, false, true]), new Set([8]))).toBe(true);
  });

  it('gives no figure about fewer patients than agreed, whichever rows are looked at', () => {
    const row = fc.record({ label: fc.nat(3), patient: fc.nat(14) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 6, maxLength: 24 }), fc.integer({ min: 2, max: 6 }), (rows, least) => {
        const labels = rows.map(({ label }) => label);
        const who = rows.map(({ patient }) => patient);
        fc.pre(new Set(who).size >= least);
        const sums = releasedSums(labels, releasable(membersOf(labels, who, 4), least));
        // Rows with equal weights in every sum cannot be told apart: each such cell must hold enough patients.
        const cells = new Map<string, Set<number>>();
        for (const [at, patient] of who.entries()) {
          const weights = sums.map((sum) => sum[at]).join();
          cells.set(weights, (cells.get(weights) ?? new Set()).add(patient));
        }
        for (const cell of cells.values()) expect(cell.size).toBeGreaterThanOrEqual(least);
        for (const patient of who) {
          const own = new Set(who.flatMap((other, at) => (other === patient ? [at] : [])));
          expect(isolates(sums, own)).toBe(false);
        }
      }),
    );
  });

  it('cannot be solved for the row, feature by feature, with values missing too', () => {
    const values = y.map((label, row) => (row === 3 || row === 12 ? Number.NaN : 10 * label + row));
    const moments = classMoments(values, { y, patients }, { classes: 3, minimum });
    const total = values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0);
    const released = moments.reduce((sum, { n, mean }) => sum + n * mean, 0);
    expect(moments.map(({ n }) => n)).toEqual([7, 0, 0]);
    // What is left of the total is a sum over the patient and the five others of the class that went along.
    expect(total - released).toBe(values[8]! + 29 + 30 + 31 + 33 + 34);
  });
});
