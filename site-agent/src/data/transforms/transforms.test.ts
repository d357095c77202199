import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Columns,
  inTurn,
  ln,
  log1p,
  log2,
  log2p1,
  perCell,
  type RowChange,
  share,
  tpm,
  tpmFromFpkm,
  unlog2,
} from './index.js';
import fixture from './transforms.fixture.json' with { type: 'json' };

const changed = (change: RowChange, values: readonly number[]): readonly number[] => {
  const row = { values: Float64Array.from(values), columns: null };
  change.apply(row);
  return [...row.values];
};

/** Close to nine digits of each worked number. */
function expectRows(change: RowChange, rows: readonly (readonly number[])[], expected: readonly (readonly number[])[]) {
  for (const [index, row] of rows.entries()) {
    for (const [column, value] of changed(change, row).entries()) {
      const worked = expected[index]![column]!;
      expect(Math.abs(value - worked)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(worked)));
    }
  }
}

const only = (...columns: readonly number[]): Columns => new Set(columns);
const panelOf = (row: readonly number[], columns: readonly number[]) => columns.map((column) => row[column]!);

describe('transforms on the worked example', () => {
  const { counts, effectiveLength, fpkm, amu } = fixture;

  it('bring counts and FPKM to TPM, and that to log2', () => {
    expectRows(tpm(effectiveLength), counts, fixture.tpm);
    expectRows(tpmFromFpkm(), fpkm, fixture.tpmFromFpkm);
    expectRows(inTurn([tpm(effectiveLength), log2p1('all')]), counts, fixture.log2TpmPlus1);
  });

  it('take the chain of AMU: share of all, share of the panel, logarithm', () => {
    expectRows(inTurn([tpm(effectiveLength), share('all')]), counts, amu.ratioAll);
    const panels = amu.ratioAll.map((row) => panelOf(row, amu.panelColumns));
    expectRows(share('all'), panels, amu.ratioPanel);
    expectRows(inTurn([share('all'), ln('all', 1e-7)]), panels, amu.naturalLog);
  });

  it('give a share of 0 the floor, not the place of a whole', () => {
    const { ratio, recommendedFloor, recommendedLogFloored } = amu.zeros;
    expectRows(ln('all', recommendedFloor), [ratio], [recommendedLogFloored]);
  });

  it('are undone by unlog2', () => {
    const logged = fixture.tpm.map((row) => row.map((value) => Math.log2(value + 0.001)));
    expectRows(unlog2('all', 0.001), logged, fixture.tpm);
  });
});

const amount = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 1e6 }).map((thousandths) => thousandths / 1000),
);
const amounts = fc.array(amount, { minLength: 1, maxLength: 20 });

describe('shares', () => {
  it('add up to 1 over the known values, or are missing', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(amount, fc.constant(Number.NaN), fc.constant(-1)), { maxLength: 20 }), (row) => {
        const shares = changed(share('all'), row);
        const known = shares.filter((value) => !Number.isNaN(value));
        if (row.some((value) => value > 0)) expect(known.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
        else expect(known).toEqual([]);
        for (const [column, value] of row.entries()) {
          if (!(value >= 0)) expect(shares[column]).toBeNaN();
        }
      }),
    );
  });

  it('of a panel are the same whether shares of all came before or not', () => {
    fc.assert(
      fc.property(amounts, fc.nat(19), (row, last) => {
        const columns = row.flatMap((_, column) => (column <= last ? [column] : []));
        fc.pre(panelOf(row, columns).some((value) => value > 0));
        const chain = changed(share('all'), panelOf(changed(share('all'), row), columns));
        for (const [at, value] of changed(share('all'), panelOf(row, columns)).entries()) {
          expect(chain[at]).toBeCloseTo(value, 9);
        }
      }),
    );
  });

  it('of some columns leave the others alone', () => {
    expect(changed(share(only(0, 2)), [1, 7, 3])).toEqual([0.25, 7, 0.75]);
  });
});

describe('normalisation by cell', () => {
  it('brings every cell to one total, whatever its depth', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 9 }), (row, depth) => {
        fc.pre(row.some((value) => value > 0));
        const cell = changed(perCell(10_000), row);
        expect(cell.reduce((sum, value) => sum + value, 0)).toBeCloseTo(10_000, 6);
        const deeper = changed(
          perCell(10_000),
          row.map((value) => value * depth),
        );
        for (const [at, value] of deeper.entries()) expect(value).toBeCloseTo(cell[at]!, 6);
      }),
    );
  });

  it('leaves an empty cell at 0', () => {
    expect(changed(perCell(10_000), [0, 0])).toEqual([0, 0]);
  });
});

describe('logarithms', () => {
  it.each([
    ['log1p', log1p('all')],
    ['log2p1', log2p1('all')],
    ['log2', log2('all')],
    ['ln', ln('all', 1e-7)],
  ])('%s takes what is below 0 as missing, and leaves missing values so', (_, change) => {
    expect(changed(change, [-1, Number.NaN])).toEqual([Number.NaN, Number.NaN]);
    expect(changed(change, [3]).every(Number.isFinite)).toBe(true);
  });

  it('have known values', () => {
    expect(changed(log1p('all'), [0, Math.E - 1])).toEqual([0, 1]);
    expect(changed(log2p1('all'), [0, 7])).toEqual([0, 3]);
    expect(changed(log2('all'), [8, 0])).toEqual([3, Number.NaN]);
    expect(changed(ln(only(1), 1e-7), [5, 1])).toEqual([5, 0]);
  });

  it('unlog2 gives 0 where rounding has gone below', () => {
    expect(changed(unlog2('all', 0.001), [-9.97, Number.NaN])).toEqual([0, Number.NaN]);
    expect(changed(unlog2('all', 0), [3])).toEqual([8]);
  });
});

describe('TPM', () => {
  it('adds up to a million, and has nothing of a gene without a length', () => {
    const row = changed(tpm([1000, Number.NaN, 0, 500]), [10, 20, 30, 40]);
    expect(row[1]).toBeNaN();
    expect(row[2]).toBeNaN();
    expect(row[0]! + row[3]!).toBeCloseTo(1e6, 6);
    expect(changed(tpm([1000]), [10, 20])[1]).toBeNaN();
  });

  it('is missing where nothing was read', () => {
    expect(changed(tpm([1, 1]), [0, 0])).toEqual([Number.NaN, Number.NaN]);
    expect(changed(tpmFromFpkm(), [0])).toEqual([Number.NaN]);
  });
});

describe('a sparse row', () => {
  const lengths = Array.from({ length: 20 }, (_, column) => 100 + column);
  const steps: readonly RowChange[] = [
    perCell(10_000),
    share('all'),
    share(only(0, 3, 5)),
    tpm(lengths),
    log1p('all'),
    log2p1(only(1, 2)),
    inTurn([perCell(100), log1p('all')]),
  ];

  it('changes as the full one does, by any step that keeps zeros', () => {
    fc.assert(
      fc.property(amounts, fc.constantFrom(...steps), (row, step) => {
        fc.pre([0, 3, 5].some((column) => (row[column] ?? 0) > 0));
        expect(step.keepsZeros).toBe(true);
        const present = row.flatMap((value, column) => (value > 0 ? [column] : []));
        const sparse = { values: Float64Array.from(panelOf(row, present)), columns: Int32Array.from(present) };
        step.apply(sparse);
        const full = changed(step, row);
        for (const [at, column] of present.entries()) expect(sparse.values[at]).toBe(full[column]);
        for (const [column, value] of row.entries()) if (value === 0) expect(full[column]).toBe(0);
      }),
    );
  });

  it('is not for steps that make something of nothing', () => {
    expect([log2('all'), ln('all', 1e-7), unlog2('all', 0.001)].some(({ keepsZeros }) => keepsZeros)).toBe(false);
    expect(inTurn([share('all'), ln('all', 1e-7)]).keepsZeros).toBe(false);
  });
});
