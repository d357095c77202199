import { labelled } from '@consilium/models/samples';
import { type Contract, contract, readRunFile } from '@consilium/shared/contract';
import {
  foldStatistics,
  type GroupStatistics,
  type PreparationState,
  type ScaleStatistics,
} from '@consilium/shared/statistics';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Dataset, Part } from '../data/index.js';
import { prepare } from './index.js';

const minimum = 5;
const terms: Contract = contract.parse({
  ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32) },
  ...{ notAfter: '2026-01-01T00:00:00Z', files: {} },
  runFile: readRunFile(`name: demo
model: { family: attention-aml, classes: [A, B, C] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
preparation: { select: { anova: 2 }, impute: median, harmonise: combat }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
validation: { minimumCell: ${minimum} }
`),
});
const salt = 'A'.repeat(22);
const features = ['G1', 'G2', 'G3'];

/** Eight patients of class A, one of B, six of C. */
const classes = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2];
const alone = classes.indexOf(1);
const values = classes.map((label, row) => features.map((_, gene) => 7 * label + Math.sin(row * 3 + gene) * 2));

function cohortOf(rows: readonly (readonly number[])[]): Dataset {
  const part = (own: readonly (readonly number[])[], y: readonly number[]): Part =>
    labelled(
      { kind: 'rows', rows: own.length, width: features.length, values: Float32Array.from(own.flat()) },
      Int32Array.from(y),
    );
  return {
    ...{ features, classes: ['A', 'B', 'C'], quarantine: [] },
    parts: { train: part(rows, classes), validation: part([], []), test: part([], []) },
    ids: { train: [], validation: [], test: [] },
    counts: { read: rows.length, kept: rows.length, otherLabel: 0, quarantined: 0, missingFeatures: 0 },
  };
}

/** All that leaves the site before training, as it is written into blobs. */
function released(rows: readonly (readonly number[])[]): readonly unknown[] {
  const dataset = cohortOf(rows);
  let state: PreparationState | null = null;
  const passes = [
    ['cohort', 1],
    ['select', 1],
    ['impute', 1],
    ['impute', 2],
    ['combat', 1],
    ['combat', 2],
    ['scale', 1],
  ] as const;
  return passes.map(([name, pass]) => {
    const bytes = prepare(name, { dataset, contract: terms, state, pass, salt });
    state = foldStatistics(name, [{ bytes, samples: rows.length }], { contract: terms, state, pass });
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  });
}

const classSums = z.looseObject({
  n: z.array(z.array(z.number())),
  mean: z.array(z.array(z.number())),
  m2: z.array(z.array(z.number())),
});
const totals = z.looseObject({ n: z.array(z.number()), mean: z.array(z.number()), m2: z.array(z.number()) });

describe('a class of one patient', () => {
  const sent = released(values);
  const byClass: Pick<GroupStatistics, 'n' | 'mean' | 'm2'> = classSums.parse(sent[1]);
  const inAll: Pick<ScaleStatistics, 'n' | 'mean' | 'm2'> = totals.parse(sent[2]);

  it('is left out of the sums by class, and another class with it', () => {
    expect(byClass.n).toEqual([
      [8, 8, 8],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(byClass.mean.slice(1).flat()).toEqual([0, 0, 0, 0, 0, 0]);
    expect(byClass.m2.slice(1).flat()).toEqual([0, 0, 0, 0, 0, 0]);
    expect(sent[0]).toMatchObject({ classCounts: [8, null, null] });
  });

  it('leaves, when all sums by class are taken from the totals, a sum over enough patients', () => {
    const told = byClass.n.reduce((count, own) => count + own[0]!, 0);
    for (const n of inAll.n) expect(n - told).toBeGreaterThanOrEqual(minimum);
  });

  it('could not be told from the others left out with it: exchange their values, and the same bytes leave', () => {
    for (const other of [alone + 1, alone + 6]) {
      const exchanged = values.map((row, at) => (at === alone ? values[other]! : at === other ? values[alone]! : row));
      const again = released(exchanged);
      for (const [step, blob] of again.entries()) expect(nearly(blob)).toEqual(nearly(sent[step]));
    }
  });

  it('would be laid open by sums that left out that class alone', () => {
    const rest = [9, 10, 11, 12, 13, 14].reduce((sum, row) => sum + values[row]![0]!, 0);
    const found = inAll.mean[0]! * inAll.n[0]! - byClass.mean[0]![0]! * 8 - rest;
    expect(found).toBeCloseTo(values[alone]![0]!, 5);
  });
});

/** Sums in another order differ in their last digits. */
const nearly = (blob: unknown): unknown =>
  JSON.parse(JSON.stringify(blob), (_, value) => (typeof value === 'number' ? Number(value.toPrecision(9)) : value));
