import { stream } from '@consilium/models/layers';
import { CodedError } from '@consilium/shared/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankCorrelation } from './column-order.js';
import { type CheckedRow, type CheckedTable, refuseUntrusted } from './index.js';

const width = 40;
const random = stream(3, 'checks');
/** In no alphabetical order. */
const header = Array.from({ length: width }, (_, gene) => `G${(gene * 17) % width}`);
const features = header.toSorted();

/** A patient: each gene has its level, and the patient's own share of noise. The values are of the features in their order. */
const patient = (line: number, part: CheckedRow['part'] = 'train'): CheckedRow => ({
  ...{ file: 'expression.csv', line, part },
  values: Float32Array.from(features, (name) => Number(name.slice(1)) / 4 + random.normal()),
});
/** The same, but that its values lay alphabetically under the header. */
const misread = (row: CheckedRow): CheckedRow => ({
  ...row,
  values: Float32Array.from(features, (name) => row.values[header.indexOf(name)]!),
});
const tableOf = (rows: readonly CheckedRow[], changes: Partial<CheckedTable> = {}): CheckedTable => ({
  ...{ features, rows, listed: null, headers: new Map([['expression.csv', header]]) },
  ...changes,
});
const cohort = (count: number): readonly CheckedRow[] =>
  Array.from({ length: count }, (_, row) => patient(row + 2, row % 4 === 3 ? 'test' : 'train'));

interface Told {
  readonly code: string;
  readonly problems: string;
  readonly places: string;
}

const faultOf = (table: CheckedTable): Told | null => {
  try {
    refuseUntrusted('expression.csv', table);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    const { problems, places } = thrown.details;
    return { code: thrown.code, problems: String(problems), places: String(places) };
  }
};

describe('a table that can be trusted', () => {
  it('passes', () => expect(faultOf(tableOf(cohort(40)))).toBeNull());

  it('may hold a row twice in one part, and rows without values anywhere', () => {
    const rows = [...cohort(20)];
    const empty = Float32Array.from(features, () => Number.NaN);
    const zeros = new Float32Array(width);
    rows.push({ ...rows[0]!, line: 90 }, { ...patient(91), values: empty }, { ...patient(92, 'test'), values: empty });
    rows.push({ ...patient(93), values: zeros }, { ...patient(94, 'test'), values: zeros });
    expect(faultOf(tableOf(rows))).toBeNull();
  });

  it('may hold one odd row', () => {
    const rows = cohort(40).map((row, at) => (at === 5 ? misread(row) : row));
    expect(faultOf(tableOf(rows))).toBeNull();
  });

  it('is not looked at where it has few features', () => {
    const names = features.slice(0, 12);
    const rows = [patient(2), { ...patient(3, 'test') }].map((row) => ({
      ...row,
      values: new Float32Array(12).fill(1),
    }));
    expect(faultOf(tableOf(rows, { features: names }))).toBeNull();
  });

  it('raises nothing but the one error, whatever its values', () => {
    const values = fc.array(fc.oneof(fc.float(), fc.constant(Number.NaN)), { minLength: width, maxLength: width });
    const row = fc.record({ values, line: fc.nat(), part: fc.constantFrom('train', 'validation', 'test') });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), (rows) => {
        const table = tableOf(
          rows.map((own) => ({ ...own, file: 'expression.csv', values: Float32Array.from(own.values) })),
        );
        expect(faultOf(table)?.code ?? 'CSM-DATA-UNTRUSTED').toBe('CSM-DATA-UNTRUSTED');
      }),
    );
  });
});

describe('a table that cannot', () => {
  const copied = cohort(20).flatMap((row) =>
    row.line === 6 ? [row, { ...row, line: 80, part: 'test' as const }] : [row],
  );

  it('holds a row in two parts of the split', () => {
    const fault = faultOf(tableOf(copied));
    expect(fault?.code).toBe('CSM-DATA-UNTRUSTED');
    expect(fault).toMatchObject({
      problems: 'the same values stand in two parts of the split',
      places: 'line 6 of expression.csv and line 80 of expression.csv',
    });
  });

  const shuffled = cohort(40).map((row, at) => (at >= 30 ? misread(row) : row));

  it('holds values under the names of other features', () => {
    expect(faultOf(tableOf(shuffled))).toMatchObject({
      problems: 'values lie in alphabetical order under a header in another',
      places: 'line 32 of expression.csv',
    });
  });

  it('or in the order of the run’s list', () => {
    const listed = header.toReversed();
    const rows = cohort(40).map((row, at) =>
      at < 30
        ? row
        : {
            ...row,
            values: Float32Array.from(features, (name) => row.values[features.indexOf(listed[header.indexOf(name)]!)]!),
          },
    );
    expect(faultOf(tableOf(rows, { listed }))?.problems).toContain('in the order of the run’s list');
    expect(faultOf(tableOf(rows))).toBeNull();
  });

  it('is told of both at once', () => {
    const both = [...shuffled, { ...shuffled[0]!, line: 99, part: 'test' as const }];
    expect(faultOf(tableOf(both))?.problems).toMatch(/same values.*; and values lie/);
  });
});

describe('rank correlation', () => {
  const up = Array.from({ length: 30 }, (_, at) => at);
  it('is of ranks, over what both know', () => {
    expect(rankCorrelation(up, up.map(Math.exp))).toBeCloseTo(1, 12);
    expect(rankCorrelation(up, up.toReversed())).toBeCloseTo(-1, 12);
    const gaps = up.map((value) => (value % 6 === 0 ? Number.NaN : value));
    expect(rankCorrelation(up, gaps)).toBeCloseTo(1, 12);
    expect(rankCorrelation([...up, 0], [...up, 29])).toBeCloseTo(1 - 0.0655 * 2.76, 1);
  });
  it('is none where too few are known, or nothing varies', () => {
    expect(rankCorrelation(up.slice(0, 10), up.slice(0, 10))).toBe(0);
    expect(
      rankCorrelation(
        up,
        up.map(() => 3),
      ),
    ).toBe(0);
  });
});
