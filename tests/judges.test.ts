import { join } from 'node:path';
import { fitLogistic, logisticProbabilities, type Vectors } from '@consilium/models/judges';
import { accuracy, confusionOf, mostProbable } from '@consilium/shared/metrics';
import { describe, expect, it } from 'vitest';
import { openTable } from '../site-agent/src/data/index.js';
import { dataFolder } from './fixtures.js';

async function rowsOf(folder: string, file: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const table = await openTable(join(folder, file));
  const rows: Record<string, string>[] = [];
  for await (const { fields } of table.rows) {
    rows.push(Object.fromEntries(table.columns.map((column, index) => [column, fields[index] ?? ''])));
  }
  return rows;
}

interface Cohort {
  readonly ids: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly tests: ReadonlySet<string>;
  readonly features: readonly string[];
  readonly numbers: ReadonlyMap<string, readonly number[]>;
}

/** Accuracy on the test rows, of columns with the training rows' mean 0 and spread 1. */
async function judged({ ids, labels, tests, features, numbers }: Cohort): Promise<number> {
  const classes = [...new Set(ids.map((id) => labels.get(id) ?? ''))].sort();
  const training = ids.filter((id) => !tests.has(id));
  const of = (id: string, column: number): number => numbers.get(id)?.[column] ?? 0;
  const scales = features.map((_, column) => {
    const mean = training.reduce((sum, id) => sum + of(id, column), 0) / training.length;
    const variance = training.reduce((sum, id) => sum + (of(id, column) - mean) ** 2, 0) / training.length;
    return { mean, spread: Math.sqrt(variance) || 1 };
  });
  const vectors = (some: readonly string[]): Vectors => ({
    rows: some.length,
    width: features.length,
    values: Float32Array.from(some.flatMap((id) => scales.map(({ mean, spread }, at) => (of(id, at) - mean) / spread))),
  });
  const label = (some: readonly string[]) => Int32Array.from(some, (id) => classes.indexOf(labels.get(id) ?? ''));
  const model = await fitLogistic({ training: vectors(training), labels: label(training), classes: classes.length });
  const test = ids.filter((id) => tests.has(id));
  const predicted = mostProbable(logisticProbabilities(model, vectors(test)), classes.length);
  return accuracy(confusionOf(label(test), predicted, classes.length)) ?? Number.NaN;
}

const testsOf = (rows: readonly Readonly<Record<string, string>>[], id: string): ReadonlySet<string> =>
  new Set(rows.filter(({ split }) => split === 'test').map((row) => row[id] ?? ''));

const cells = dataFolder('pbmc68k-reduced');
const leukaemia = dataFolder('beataml-expression');

describe.skipIf(cells === null)('logistic regression of ten types of blood cell', () => {
  it('is as accurate as the reference, 0.85', async () => {
    const rows = await rowsOf(cells ?? '', 'cells.csv.gz');
    const features = Object.keys(rows[0] ?? {}).filter((name) => name !== 'cell' && name !== 'cell_type');
    const result = await judged({
      ids: rows.map(({ cell = '' }) => cell),
      labels: new Map(rows.map(({ cell = '', cell_type = '' }) => [cell, cell_type])),
      tests: testsOf(await rowsOf(cells ?? '', 'split.csv'), 'cell'),
      features,
      numbers: new Map(rows.map((row) => [row.cell ?? '', features.map((name) => Number(row[name]))])),
    });
    expect(result).toBeGreaterThan(0.83);
    expect(result).toBeLessThan(0.87);
  });
});

describe.skipIf(leukaemia === null)('logistic regression of nine subtypes of leukaemia', () => {
  it('is as accurate as the reference, 0.64 to 0.67', async () => {
    const rows = await rowsOf(leukaemia ?? '', 'expression.csv.gz');
    const samples = await rowsOf(leukaemia ?? '', 'samples.csv');
    const labels = new Map(samples.map(({ sample = '', subtype = '' }) => [sample, subtype]));
    const features = Object.keys(rows[0] ?? {}).filter((name) => name !== 'sample');
    const result = await judged({
      ids: rows.map(({ sample = '' }) => sample).filter((id) => labels.get(id) !== 'non-AML/unknown'),
      labels,
      tests: testsOf(await rowsOf(leukaemia ?? '', 'split.csv'), 'sample'),
      features,
      numbers: new Map(rows.map((row) => [row.sample ?? '', features.map((name) => Number(row[name]))])),
    });
    expect(result).toBeGreaterThan(0.63);
    expect(result).toBeLessThan(0.68);
  });
});
