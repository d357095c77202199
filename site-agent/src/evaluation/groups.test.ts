import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figureSums, predictionsOf, toldGroups } from './groups.js';

const names = ['a', 'b', 'c'];
const samplesOf = (rows: readonly (readonly [patient: number, group: number])[]) => ({
  patients: Int32Array.from(rows, ([patient]) => patient),
  groups: Int32Array.from(rows, ([, group]) => group),
});
/** So many patients of each group, one sample each. */
const patientsIn = (...counts: readonly number[]) =>
  samplesOf(
    counts.flatMap((count, group) =>
      Array.from({ length: count }, (_, patient) => [100 * group + patient, group] as const),
    ),
  );
const toldOf = (samples: ReturnType<typeof samplesOf>, minimum = 5) =>
  toldGroups(samples, names, minimum).map(({ name, rows }) => [name, rows.length]);

describe('the groups that figures are told of', () => {
  it('are those with enough patients, and none of those without samples', () => {
    expect(toldOf(patientsIn(5, 7, 0))).toEqual([
      ['a', 5],
      ['b', 7],
    ]);
  });

  it('leave out a small one, and another with it, so that the rest does not tell of it', () => {
    expect(toldOf(patientsIn(20, 7, 2))).toEqual([['a', 20]]);
    expect(toldOf(patientsIn(20, 3, 2))).toEqual([['a', 20]]);
    expect(toldOf(patientsIn(20, 0, 2))).toEqual([]);
  });

  it('do not tell of samples whose group is not known either', () => {
    const unknown = samplesOf([...Array(10).keys()].map((patient) => [patient, patient < 8 ? 0 : -1]));
    expect(toldOf(unknown)).toEqual([]);
  });

  it('are none where a run looks at none', () => {
    expect(toldGroups({ patients: new Int32Array(9), groups: null }, names, 1)).toEqual([]);
    expect(toldGroups(patientsIn(9), [], 1)).toEqual([]);
  });

  it('leave none or enough patients in what is not told', () => {
    const rows = fc.array(fc.tuple(fc.nat(30), fc.integer({ min: -1, max: 2 })), { maxLength: 80 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 8 }), (given, minimum) => {
        const samples = samplesOf(given);
        const told = new Set(toldGroups(samples, names, minimum).flatMap(({ rows }) => [...rows]));
        const left = new Set(given.flatMap(([patient], row) => (told.has(row) ? [] : [patient])));
        if (told.size > 0) expect(left.size === 0 || left.size >= minimum).toBe(true);
      }),
    );
  });
});

describe('a figure of samples', () => {
  const samples = patientsIn(6, 8, 0);
  const values = (known: (row: number) => boolean) =>
    Float32Array.from({ length: 14 }, (_, row) => (known(row) ? row : Number.NaN));
  const sums = (known: (row: number) => boolean) => figureSums({ name: 'f', values: values(known) }, samples, names, 5);

  it('is summed over all and by group', () => {
    expect(sums(() => true)).toEqual([
      { name: 'f', n: 14, sum: 91 },
      { name: 'f, group: a', n: 6, sum: 15 },
      { name: 'f, group: b', n: 8, sum: 76 },
    ]);
  });

  it('is not told by group where few of one have none, nor at all where few of all', () => {
    expect(sums((row) => row !== 1 && row !== 6 && row < 11)).toEqual([{ name: 'f', n: 9, sum: 48 }]);
    expect(sums((row) => row > 1)).toEqual([]);
    expect(sums((row) => row < 6)).toEqual([
      { name: 'f', n: 6, sum: 15 },
      { name: 'f, group: a', n: 6, sum: 15 },
    ]);
  });
});

describe('predictions of a group', () => {
  it('are those of its rows', () => {
    const all = { y: Int32Array.of(0, 1, 0), probabilities: Float32Array.of(1, 0, 0.25, 0.75, 0.5, 0.5), classes: 2 };
    const own = predictionsOf(all, Int32Array.of(2, 1));
    expect(Array.from(own.y)).toEqual([0, 1]);
    expect(Array.from(own.probabilities)).toEqual([0.5, 0.5, 0.25, 0.75]);
  });
});
