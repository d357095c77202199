import { labelled } from '@consilium/models/samples';
import { contract, readRunFile } from '@consilium/shared/contract';
import type { PreparationState } from '@consilium/shared/statistics';
import { describe, expect, it } from 'vitest';
import type { Dataset, Part } from '../data/index.js';
import { prepare } from './index.js';

const termsOf = (select: string) =>
  contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32) },
    ...{ notAfter: '2026-01-01T00:00:00Z', files: {} },
    runFile: readRunFile(`name: demo
model: { family: attention-aml, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
preparation: { select: ${select} }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`),
  });

/** Twelve patients: a gene read in 9, one in 5 of 10, one in 2, one in all but 2, one known of 4. */
const rows = Array.from({ length: 12 }, (_, row) => [
  row < 9 ? 2 : 0,
  row > 9 ? Number.NaN : row < 5 ? 3 : 1,
  row < 2 ? 5 : 0,
  row < 2 ? 0 : 5,
  row < 4 ? 9 : Number.NaN,
]);
const features = ['G1', 'G2', 'G3', 'G4', 'G5'];
const partOf = (own: readonly (readonly number[])[]): Part =>
  labelled(
    { kind: 'rows', rows: own.length, width: features.length, values: Float32Array.from(own.flat()) },
    Int32Array.from(own, (_, row) => row % 2),
  );
const dataset: Dataset = {
  ...{ features, classes: ['A', 'B'], quarantine: [] },
  parts: { train: partOf(rows), validation: partOf([]), test: partOf([]) },
  ids: { train: [], validation: [], test: [] },
  counts: { read: 12, kept: 12, otherLabel: 0, quarantined: 0, missingFeatures: 0 },
};
const state: PreparationState = {
  ...{ format: 'consilium-preparation-1', features, classCounts: [6, 6], samples: 12, scale: null },
};
const sent = (select: string): unknown =>
  JSON.parse(
    Buffer.from(
      prepare('select', { dataset, contract: termsOf(select), state, pass: 1, salt: 'A'.repeat(22) }),
    ).toString('utf8'),
  );

describe('what a site says for the choice of features', () => {
  it('is moments over all by variance, without counts that nobody asked for', () => {
    const blob = sent('{ variance: 2 }');
    expect(blob).toMatchObject({
      n: [[12, 10, 12, 12, 0]],
      mean: [[1.5, 2, expect.closeTo(0.8333, 3), expect.anything(), 0]],
    });
    expect(blob).not.toHaveProperty('known');
  });

  it('counts how many values lie above a bound, and never tells of a few patients on either side', () => {
    expect(sent('{ variance: 2, minimumShare: 0.1, above: 1 }')).toMatchObject({
      known: [12, 10, 12, 12, 0],
      above: [12, 5, 0, 12, 0],
    });
  });
});
