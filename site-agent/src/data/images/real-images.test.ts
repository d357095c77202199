import { readFileSync } from 'node:fs';
import { makeContract, readRunFile } from '@consilium/shared/contract';
import { consortiumId, runId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../../tests/fixtures.js';
import { classCells, type Dataset, loadDataset } from '../index.js';

const example = new URL('../../../../deploy/examples/white-blood-cells.yaml', import.meta.url);
const contract = makeContract({
  runFile: readRunFile(readFileSync(example, 'utf8')),
  files: {},
  consortium: consortiumId.parse('c'.repeat(32)),
  run: runId.parse('a'.repeat(32)),
  notAfter: new Date('2030-01-01'),
});

// Counted in the table by awk.
const cells = dataFolder('wbc-5class-4sites');
describe.skipIf(cells === null)('white blood cells of three laboratories', () => {
  it('are read whole: every image, none twice, in the parts of the table', async () => {
    const sites: Dataset[] = [];
    for (const equals of ['bccd', 'chula', 'jtsc']) {
      sites.push(await loadDataset({ directory: cells ?? '', rows: { column: 'site', equals }, contract }));
    }
    expect(sites.map(({ counts }) => counts)).toEqual(
      [263, 381, 225].map((read) => ({ read, kept: read, otherLabel: 0, quarantined: 0, missingFeatures: 0 })),
    );
    expect(sites.map(({ parts }) => [parts.train.rows, parts.test.rows])).toEqual([
      [211, 52],
      [304, 77],
      [181, 44],
    ]);
    const perClass = sites.map(({ parts }) => classCells(parts.test, 5).map(({ samples }) => samples));
    expect([0, 1, 2, 3, 4].map((label) => perClass.reduce((sum, own) => sum + own[label]!, 0))).toEqual([
      73, 30, 15, 32, 23,
    ]);
    expect(sites.flatMap(({ notes = [] }) => notes)).toEqual([]);
  });
});
