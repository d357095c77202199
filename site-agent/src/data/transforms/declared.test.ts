import { type Contract, contract, readRunFile, type Transform } from '@consilium/shared/contract';
import { describe, expect, it } from 'vitest';
import { declaredChange } from './index.js';
import fixture from './transforms.fixture.json' with { type: 'json' };

const run = readRunFile(`name: demo
model: { family: attention-aml, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`);
const lengths = fixture.effectiveLength.map((length, gene) => `G${gene}\t${length}`).join('\n');
const terms = (transforms: readonly Transform[]): Contract =>
  contract.parse({
    format: 'consilium-contract-1',
    consortium: 'c'.repeat(32),
    run: 'a'.repeat(32),
    notAfter: '2026-01-01T00:00:00Z',
    files: { 'lengths.tsv': { sha256: 'b'.repeat(64), text: lengths } },
    runFile: { ...run, data: { ...run.data, transforms } },
  });

function changed(transforms: readonly Transform[], row: readonly number[], columns: readonly string[]) {
  const values = Float64Array.from(row);
  declaredChange(terms(transforms), columns)?.apply({ values, columns: null });
  return [...values];
}

const one = (transforms: readonly Transform[], column: string, value: number): number =>
  changed(transforms, [value], [column])[0]!;

describe('declared transforms', () => {
  it('are done in the declared order, on the columns that they name', () => {
    const unitThenLog = [{ unit: { column: 'M', below: 100, multiplyBy: 10 } }, { log1p: ['M'] }];
    expect(one(unitThenLog, 'M', 34)).toBeCloseTo(Math.log(341), 12);
    expect(one(unitThenLog.toReversed(), 'M', 34)).toBeCloseTo(10 * Math.log(35), 12);
    expect(one(unitThenLog, 'M', 340)).toBeCloseTo(Math.log(341), 12);
    expect(one(unitThenLog, 'N', 34)).toBe(34);
    expect(changed([{ share: ['A', 'C'] }], [1, 5, 3], ['A', 'B', 'C'])).toEqual([0.25, 5, 0.75]);
  });

  it.each<readonly [Transform, number, number]>([
    [{ log2p1: 'all' }, 7, 3],
    [{ log2: 'all' }, 8, 3],
    [{ ln: { columns: 'all', floor: 1 } }, 0, 0],
    [{ unlog2: { columns: 'all', minus: 1 } }, 3, 7],
    [{ clip: { columns: 'all', low: 0 } }, -1, 0],
    [{ clip: { columns: ['M'], low: 0, high: 5 } }, 9, 5],
    [{ perCell: 100 }, 7, 100],
    [{ tpmFromFpkm: 'all' }, 7, 1e6],
  ])('%j makes of %d %d', (step, value, made) => expect(one([step], 'M', value)).toBeCloseTo(made, 9));

  it('take for missing what has no logarithm', () => {
    expect(one([{ log1p: 'all' }], 'M', -0.5)).toBeNaN();
    expect(one([{ log2: ['M'] }], 'M', 0)).toBeNaN();
  });

  it.each<Transform>([
    { log1p: 'all' },
    { log2: 'all' },
    { ln: { columns: 'all', floor: 1e-7 } },
    { unlog2: { columns: 'all', minus: 0 } },
    { clip: { columns: 'all', low: 0, high: 1 } },
    { unit: { column: 'M', below: 1, multiplyBy: 2 } },
    { share: 'all' },
  ])('%j leaves a missing value missing', (step) => expect(one([step], 'M', Number.NaN)).toBeNaN());

  it('bring counts to log2(TPM + 1) of the worked example, by the lengths that the contract holds', () => {
    const genes = fixture.effectiveLength.map((_, gene) => `G${gene}`);
    for (const [row, counts] of fixture.counts.entries()) {
      const made = changed([{ tpm: { lengths: 'lengths.tsv' } }, { log2p1: 'all' }], counts, genes);
      for (const [column, value] of made.entries()) {
        expect(value).toBeCloseTo(fixture.log2TpmPlus1[row]![column]!, 6);
      }
    }
  });

  it('take the chain of AMU', () => {
    const { ratioPanel, naturalLog } = fixture.amu;
    for (const [row, shares] of ratioPanel.entries()) {
      const genes = shares.map((_, gene) => `G${gene}`);
      const logged = shares.map((share) => Math.log2(share + 0.001));
      const steps: Transform[] = [
        { unlog2: { columns: 'all', minus: 0.001 } },
        { share: 'all' },
        { ln: { columns: 'all', floor: 1e-7 } },
      ];
      for (const [column, value] of changed(steps, logged, genes).entries()) {
        expect(value).toBeCloseTo(naturalLog[row]![column]!, 6);
      }
    }
  });

  it('are none where none is declared, and say which file is missing', () => {
    expect(declaredChange(terms([]), ['M'])).toBeNull();
    expect(() => declaredChange(terms([{ tpm: { lengths: 'other.tsv' } }]), ['M'])).toThrow(
      expect.objectContaining({ code: 'CSM-RUNFILE-MISSING', details: { file: 'other.tsv' } }),
    );
  });
});
