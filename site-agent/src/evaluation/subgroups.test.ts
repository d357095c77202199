import { isWithheld, measure, type Predictions, suppress, tallyPatients, tooFew } from '@consilium/shared/metrics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeSubgroup, subgroupRows } from './subgroups.js';

const minimumCell = 5;
const classes = ['A', 'B'];

interface Row {
  readonly patient: number;
  readonly label: number;
  /** Whether the model names its class. */
  readonly right: boolean;
  readonly value: string | null | undefined;
}

/** Predictions of rows, and what their report and their subgroups say. */
function judge(rows: readonly Row[], bands?: readonly number[]) {
  const predictions: Predictions = {
    y: Int32Array.from(rows, ({ label }) => label),
    probabilities: Float32Array.from(
      rows.flatMap(({ label, right }) => (right === (label === 0) ? [0.75, 0.25] : [0.25, 0.75])),
    ),
    classes: 2,
  };
  const patients = Int32Array.from(rows, ({ patient }) => patient);
  const whole = suppress(measure(predictions, classes), minimumCell, {
    patients: tallyPatients(predictions, patients),
  });
  if (whole === null) return null;
  const judged = { predictions, patients, whole, classes, minimumCell, draws: 20, randomOf: () => () => 0.5 };
  const column = { column: 'sex', ...(bands && { bands: [...bands] }) };
  return {
    whole,
    ...judgeSubgroup(
      judged,
      column,
      rows.map(({ value }) => value),
    ),
  };
}

/** So many patients with a value, of each class in turn, of whom every fourth is named wrongly. */
const people = (value: string | null | undefined, count: number, from = 0): Row[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ patient: 1000 * from + index, label: index % 2, right: index % 4 !== 3, value },
  }));

const namesAndSizes = (judged: ReturnType<typeof judge>) => judged?.shown.groups.map(({ name, n }) => [name, n]);
const hidden = { suppressed: true };

describe('figures by subgroup', () => {
  const judged = judge([...people('F', 40, 1), ...people('M', 30, 2), ...people(null, 10, 3)]);

  it('are told of each value, and of those of whom nothing is stated', () => {
    expect(namesAndSizes(judged)).toEqual([
      ['F', 40],
      ['M', 30],
      ['other values', 0],
      ['not stated', 10],
    ]);
    const [women, , others] = judged!.shown.groups;
    expect(women).toMatchObject({ support: [20, 20], scores: { accuracy: { value: 0.75 }, auc: { value: 0.75 } } });
    expect(women!.scores!.accuracy.interval).toMatchObject({ method: 'wilson' });
    expect(women!.scores!.macroF1.interval).toMatchObject({ method: 'bootstrap' });
    expect(others).toEqual({ name: 'other values', n: 0, scores: null, support: [0, 0] });
  });

  it('are pooled by name, but for other values, which are others elsewhere', () => {
    expect(judged!.panels.map(({ name }) => name)).toEqual([
      'subgroup: sex: F',
      'subgroup: sex: M',
      'subgroup: sex: not stated',
    ]);
    const rare = ['x', 'y', 'z'].flatMap((value, index) => people(value, 4, 2 + index));
    const others = judge([...people('F', 40, 1), ...rare]);
    expect(namesAndSizes(others)).toEqual([
      ['F', 40],
      ['other values', 12],
      ['not stated', 0],
    ]);
    expect(others!.panels.map(({ name }) => name)).toEqual(['subgroup: sex: F']);
  });

  it('withhold a small group and another with it, and mark both', () => {
    const small = judge([...people('F', 40, 1), ...people('M', 30, 2), ...people(null, 2, 3)]);
    expect(namesAndSizes(small)).toEqual([
      ['F', 40],
      ['M', hidden],
      ['other values', hidden],
      ['not stated', hidden],
    ]);
    for (const { scores, support } of small!.shown.groups.slice(1)) {
      expect(scores).toBeNull();
      expect(support).toEqual([hidden, hidden]);
    }
    expect(small!.panels.map(({ name }) => name)).toEqual(['subgroup: sex: F']);
  });

  it('do not call a value by its name that few patients share', () => {
    const named = judge([...people('F', 40, 1), ...people('Turner syndrome', 4, 2), ...people('M', 20, 3)]);
    expect(JSON.stringify(named)).not.toContain('Turner');
  });

  it('are all of those of whom nothing is stated at a site without the column', () => {
    const nobody = judge(people(undefined, 40));
    expect(namesAndSizes(nobody)).toEqual([
      ['other values', 0],
      ['not stated', 40],
    ]);
    expect(nobody!.shown.groups[1]!.scores).toMatchObject({ accuracy: { value: 0.75 } });
  });

  it('go by bands of a number, each of them there; what is no number is not stated', () => {
    const ages = [...people('17', 10, 1), ...people('39.5', 12, 2), ...people('40', 8, 3), ...people('old', 6, 4)];
    expect(namesAndSizes(judge([...ages, ...people('', 5, 5)], [18, 40, 65]))).toEqual([
      ['under 18', 10],
      ['18 to 39', 12],
      ['40 to 64', 8],
      ['65 and over', 0],
      ['not stated', 11],
    ]);
  });

  it('count patients where one has several samples', () => {
    const visits = people('M', 12, 2).map((row, index) => ({ ...row, patient: 2000 + (index % 3) }));
    expect(namesAndSizes(judge([...people('F', 40, 1), ...visits]))?.map(([, n]) => n)).toEqual([
      hidden,
      hidden,
      hidden,
    ]);
  });

  it('say nothing where those of all samples are withheld: they would tell these', () => {
    const always = (label: number, count: number, value: string): Row[] =>
      people(value, count, label * 10 + count).map((row) => ({ ...row, label, right: label === 0 }));
    const silent = judge([...always(0, 40, 'F'), ...always(1, 2, 'F'), ...always(0, 20, 'M')]);
    expect(silent!.whole.scores.accuracy.value).toEqual(hidden);
    for (const { scores } of silent!.shown.groups) expect(scores?.accuracy.value ?? hidden).toEqual(hidden);
    expect(silent!.panels).toEqual([]);
  });

  it('are withheld of two groups where one alone must be: it is all samples less the others', () => {
    const wrong = (label: number, count: number, from: number): Row[] =>
      people('M', count, from).map((row) => ({ ...row, label, right: label === 0 }));
    const one = judge([...people('F', 40, 1), ...people('X', 20, 2), ...wrong(0, 12, 3), ...wrong(1, 2, 4)]);
    const silent = one!.shown.groups.filter(({ scores }) => scores && isWithheld(scores.accuracy.value));
    expect(silent.map(({ name }) => name)).toEqual(['M', 'X']);
  });
});

describe('rows of a column', () => {
  const values = fc.array(fc.oneof(fc.constantFrom('F', 'M', 'x', '12', '70', '', null, undefined), fc.string()), {
    maxLength: 60,
  });
  const bands = fc.option(fc.constantFrom([18], [0, 18, 65]), { nil: undefined });

  it('are each in one subgroup, whatever it holds', () => {
    fc.assert(
      fc.property(values, bands, (given, edges) => {
        const patients = Int32Array.from(given.keys(), (row) => row >> 1);
        const groups = subgroupRows(given, { column: 'c', ...(edges && { bands: edges }) }, patients, minimumCell);
        expect(groups.flatMap(({ rows }) => [...rows]).sort((a, b) => a - b)).toEqual([...given.keys()]);
        expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length);
        expect(groups.at(-1)!.name).toBe('not stated');
      }),
    );
  });

  it('give tables that agree with those of all samples, and in which no line has one withheld figure', () => {
    const row = fc.record({
      ...{ patient: fc.nat(30), label: fc.nat(1), right: fc.boolean() },
      value: fc.constantFrom('F', 'F', 'M', 'D', null),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 70 }), (rows) => {
        const judged = judge(rows);
        if (judged === null) return;
        const { groups } = judged.shown;
        const supports = judged.whole.perClass.map(({ support }) => support);
        const lines = [
          ...groups.map(({ n, support }) => ({ parts: support, total: n })),
          ...supports.map((total, label) => ({ parts: groups.map(({ support }) => support[label]!), total })),
          { parts: groups.map(({ n }) => n), total: judged.whole.n },
        ];
        for (const { parts, total } of lines) {
          const known = [...parts, total].filter((figure) => typeof figure === 'number');
          expect(parts.length + 1 - known.length).not.toBe(1);
          if (known.length === parts.length + 1) {
            expect(known.slice(0, -1).reduce((sum, figure) => sum + figure, 0)).toBe(total);
          }
          expect(known.some((figure) => tooFew(figure, minimumCell))).toBe(false);
        }
        for (const { n, scores } of groups) if (isWithheld(n)) expect(scores).toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});
