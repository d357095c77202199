import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeContract, readRunFile } from '@consilium/shared/contract';
import { consortiumId, runId } from '@consilium/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFolder } from '../../../../tests/fixtures.js';
import { loadDataset } from '../index.js';

const load = (directory: string, file: string, split = false) =>
  loadDataset({
    directory,
    contract: makeContract({
      runFile: readRunFile(`name: melanoma
model: { family: amu, classes: ["0", "1"] }
data: { kind: expression-table, label: response, files: { features: ${file}${split ? ', split: split.csv' : ''} } }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-3 } }
`),
      files: {},
      consortium: consortiumId.parse('c'.repeat(32)),
      run: runId.parse('a'.repeat(32)),
      notAfter: new Date('2030-01-01'),
    }),
  });

const melanoma = dataFolder('melanoma-ici-response');
describe.skipIf(melanoma === null)('melanoma before checkpoint inhibitors', () => {
  const cohorts = ['hugo', 'riaz', 'liu', 'vanallen'];
  it.each(cohorts.flatMap((name) => [`${name}.genes160.csv`, `${name}.wide.csv.gz`]))('%s is sound', async (file) => {
    const { counts } = await load(melanoma ?? '', file, true);
    expect(counts.kept).toBeGreaterThan(20);
  });

  describe('as published for training', () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'consilium-checks-'));
      // The published tables name no samples: a number stands for each row.
      for (const file of ['four.csv', 'logfourupsample.csv', 'four.realigned.csv']) {
        const text = await readFile(join(melanoma ?? '', 'amu-published', file), 'utf8');
        const numbered = text
          .trim()
          .split(/\r?\n/)
          .map((line, row) => (row === 0 ? `sample,${line}` : `${row},${line}`));
        const named = numbered.map((line, row) => (row === 0 ? line.replace('response_published', 'response') : line));
        await writeFile(join(folder, file), named.join('\n'));
      }
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('is refused for rows in two parts of the split and for columns in another order, both named', async () => {
      await expect(load(folder, 'logfourupsample.csv')).rejects.toMatchObject({
        code: 'CSM-DATA-UNTRUSTED',
        details: {
          file: 'logfourupsample.csv',
          problems:
            'the same values stand in two parts of the split; and values lie in alphabetical order under a header in another',
          places: expect.stringMatching(
            /^line \d+ of logfourupsample.csv and line \d+ of logfourupsample.csv; line \d+ of logfourupsample.csv$/,
          ),
        },
      });
    });

    it('is refused for the columns alone where no row was copied', async () => {
      await expect(load(folder, 'four.csv')).rejects.toMatchObject({
        code: 'CSM-DATA-UNTRUSTED',
        details: { problems: expect.stringMatching(/^values lie in alphabetical order/) },
      });
    });

    it('passes once its columns are put right', async () => {
      expect((await load(folder, 'four.realigned.csv')).counts.kept).toBe(207);
    });
  });
});
