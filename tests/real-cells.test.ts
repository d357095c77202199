import { readFileSync } from 'node:fs';
import { readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { dataFolder } from './fixtures.js';
import { unsignedContract } from './harness/contract.js';
import { prepareFolders } from './harness/preparation.js';

/** An example of deploy/examples without validation patients: its training rows are those of the split file. */
function contractOf(example: string, data: object = {}) {
  const text = readFileSync(new URL(`../deploy/examples/${example}.yaml`, import.meta.url), 'utf8');
  const run = readRunFile(text, `${example}.yaml`);
  const validation = { ...run.validation, share: 0 };
  return unsignedContract({ ...run, data: { ...run.data, ...data }, validation });
}

const site = siteId.parse('all');

// Means and sample deviations by numpy in float64, over the training rows.
const interferon = dataFolder('pbmc-ifn-stim');
describe.skipIf(interferon === null)('1,500 blood cells, half of them stimulated', () => {
  it('are read whole and sparse, and the genes that vary most are chosen', async () => {
    const { sites, state } = await prepareFolders(contractOf('interferon-cells'), [
      { site, directory: interferon ?? '' },
    ]);
    const { train, test } = sites[0]!.parts;
    expect([train.rows, test.rows]).toEqual([1124, 376]);
    expect(train.input).toMatchObject({ kind: 'sparse', width: 2000 });
    const at = state.features.indexOf('ISG15');
    expect(state.scale?.mean[at]).toBeCloseTo(2.5534828901959923, 5);
    expect(state.scale?.sd[at]).toBeCloseTo(2.3085041445349384, 5);
    expect(state.scale?.sd.reduce((sum, sd) => sum + sd, 0)).toBeCloseTo(1652.6928393121952, 2);
  });
});

const types = dataFolder('pbmc68k-reduced');
describe.skipIf(types === null)('700 blood cells of ten types', () => {
  it('are read whole', async () => {
    const contract = contractOf('immune-cell-types', { files: { features: 'cells.csv.gz', split: 'split.csv' } });
    const { sites, state } = await prepareFolders(contract, [{ site, directory: types ?? '' }]);
    const { train, test } = sites[0]!.parts;
    expect([train.rows, test.rows]).toEqual([524, 176]);
    expect(state.features).toHaveLength(765);
    expect(state.classCounts.reduce((sum, count) => sum + count, 0)).toBe(524);
  });
});
