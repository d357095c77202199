import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@consilium/models/backend';
import { blueprintOf } from '@consilium/models/families';
import { stream } from '@consilium/models/layers';
import { predict, train } from '@consilium/models/training';
import { type Contract, contract, oversamplingOf, readRunFile } from '@consilium/shared/contract';
import { measure } from '@consilium/shared/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, loadDataset } from '../data/index.js';
import { oversample } from './index.js';

const genes = 30;
const patients = { responders: 70, others: 130 };

const termsOf = (oversampling: string, files = 'features: table.csv'): Contract =>
  contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32), files: {} },
    notAfter: '2999-01-01T00:00:00Z',
    runFile: readRunFile(`name: protocols
model: { family: amu, preset: small, classes: [no, yes] }
data: { kind: expression-table, id: sample, label: response, files: { ${files} } }
preparation: { scale: none, oversample: ${oversampling} }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-3 } }
validation: { share: 0 }
`),
  });
const leakFree = termsOf('{ method: duplicate }');
const published = termsOf('{ method: duplicate, when: beforeSplit }');

describe('oversampling before the split', () => {
  let directory: string;
  const load = (terms: Contract, more = {}) => loadDataset({ directory, contract: terms, ...more });

  /** Values that say nothing of the response. */
  beforeAll(async () => {
    await useBackend('wasm');
    directory = await mkdtemp(join(tmpdir(), 'consilium-protocols-'));
    const random = stream(5, 'noise');
    const lines = Array.from({ length: patients.responders + patients.others }, (_, row) => [
      ...[`p${row}`, row < patients.responders ? 'yes' : 'no'],
      ...Array.from({ length: genes }, () => random.normal().toFixed(5)),
    ]);
    const header = ['sample', 'response', ...Array.from({ length: genes }, (_, gene) => `g${gene}`)];
    await writeFile(join(directory, 'table.csv'), [header, ...lines].map((line) => line.join(',')).join('\n'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('takes each sample of the smaller classes twice, and one person for one', async () => {
    const { parts, ids, counts, notes } = await load(published);
    const { responders, others } = patients;
    expect(counts).toMatchObject({ read: 2 * responders + others, kept: 2 * responders + others });
    expect(notes).toEqual(['The run copies 70 samples before it splits them.']);
    const all = Object.values(parts);
    expect(all.flatMap(({ y }) => [...y]).filter((label) => label === 1)).toHaveLength(2 * responders);
    expect(new Set(all.flatMap((part) => [...part.patients])).size).toBe(responders + others);
    // The twins of so many tested responders are trained on.
    const trained = new Set(ids.train.map((id) => id.replace(' (copy)', '')));
    const tested = ids.test.filter((id, row) => parts.test.y[row] === 1 && trained.has(id.replace(' (copy)', '')));
    expect(tested.length).toBeGreaterThan(15);
  });

  it('leaves training as it is, and is nothing that a split file can go with', async () => {
    expect(oversamplingOf(published.runFile.preparation)).toBeNull();
    expect(oversamplingOf(leakFree.runFile.preparation)).toEqual({ method: 'duplicate', neighbours: 5 });
    const rows = (await readFile(join(directory, 'table.csv'), 'utf8')).split('\n').slice(1);
    const split = rows.map((line, row) => `${line.split(',')[0]},${row % 5 ? 'train' : 'test'}`);
    await writeFile(join(directory, 'split.csv'), ['sample,split', ...split].join('\n'));
    await expect(load(published, { files: { features: 'table.csv', split: 'split.csv' } })).rejects.toMatchObject({
      code: 'CSM-DATA-SPLIT-FIXED',
    });
    for (const [oversampling, files] of [
      ['{ method: duplicate, when: beforeSplit }', 'features: table.csv, split: split.csv'],
      ['{ method: smote, when: beforeSplit }', 'features: table.csv'],
    ] as const) {
      expect(() => termsOf(oversampling, files)).toThrow(expect.objectContaining({ code: 'CSM-RUNFILE-INVALID' }));
    }
  });

  /** AUC on test patients of a network that goes over its training samples until it knows them. */
  async function auc(terms: Contract): Promise<number> {
    const { parts }: Dataset = await load(terms);
    const more = oversamplingOf(terms.runFile.preparation);
    const samples = more === null ? parts.train : oversample(parts.train, more, stream(1, 'more'));
    const { family, blueprint } = blueprintOf({
      ...{ family: 'amu', preset: 'small', options: { dropout: 0, headDropout: 0 }, stage: 'train', classes: 2 },
      input: { kind: 'rows', width: genes },
    });
    const model = family.build({ ...blueprint, seed: 1 });
    try {
      await train({
        ...{ model, samples, batchSize: 32, epochs: 60, classWeights: null, seed: 2 },
        optimizer: { name: 'adam', rate: 1e-2, weightDecay: 0 },
      });
      const probabilities = await predict({ model, samples: parts.test, batchSize: 64 });
      return measure({ y: parts.test.y, probabilities, classes: 2 }, ['no', 'yes']).auc ?? Number.NaN;
    } finally {
      model.dispose();
    }
  }

  it('lets noise look like a response, which the split first does not', async () => {
    const [honest, flattered] = [await auc(leakFree), await auc(published)];
    expect(honest).toBeLessThan(0.65);
    expect(flattered).toBeGreaterThan(0.8);
  });
});
