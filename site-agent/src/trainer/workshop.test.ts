import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRows } from '@consilium/models/samples';
import { contract, readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import { encodePreparation, type PreparationState, scaleStatistics } from '@consilium/shared/statistics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCohort } from '../exported/index.js';
import { openWorkshop } from './workshop.js';

const terms = contract.parse({
  ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32), files: {} },
  notAfter: '2999-01-01T00:00:00Z',
  runFile: readRunFile(`name: shares
model: { family: attention-aml, preset: small, classes: [A, B] }
data: { kind: expression-table, id: sample, label: kind, files: { features: table.csv }, transforms: [{ share: all }], testShare: 0 }
preparation: { select: { variance: 1 } }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-2 } }
validation: { share: 0 }
`),
});
const { signal } = new AbortController();

describe('shares of what all sites have', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-workshop-'));
    // g3 and age are this site's own; of g1 and g2 together, g1 is a quarter everywhere.
    const lines = Array.from({ length: 20 }, (_, row) => `s${row},${row % 2 ? 'A' : 'B'},1,3,${row},${40 + row}`);
    await writeFile(join(folder, 'table.csv'), `sample,kind,g1,g2,g3,age\n${lines.join('\n')}\n`);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const state = (features: readonly string[], fitted: PreparationState['fitted']): PreparationState => ({
    ...{ format: 'consilium-preparation-1', features: [...features], classCounts: [10, 10], samples: 20, scale: null },
    ...(fitted && { fitted }),
  });
  const selected = state(['g1'], { select: { considered: ['g1', 'g2'], scores: [1] } });

  it('are the same before and after some were selected, in a run and with its finished model', async () => {
    const data = { directory: folder, synthetic: true };
    const setting = { contract: terms, site: siteId.parse('north'), data, backend: 'cpu', device: 'any' } as const;
    const workshop = await openWorkshop(setting);
    await writeFile(join(folder, 'state'), encodePreparation(selected));
    const output = join(folder, 'out');
    const job = { kind: 'prepare', pass: 1, salt: 'x'.repeat(22), output } as const;
    const context = { signal, onProgress: () => {} };
    const first = await workshop.run({ ...job, name: 'cohort', preparation: null }, context);
    const later = await workshop.run({ ...job, name: 'scale', preparation: join(folder, 'state') }, context);
    expect(later).toMatchObject({ samples: 20, patients: 20 });
    expect(later).toEqual(first);
    expect(scaleStatistics.parse(JSON.parse(await readFile(output, 'utf8')))).toMatchObject({ n: [20], mean: [0.25] });

    const { features, parts } = await loadCohort({ contract: terms, preparation: selected }, data, { whole: true });
    const { values, width } = asRows(parts.train.input);
    expect(features).toEqual(['g1', 'g2']);
    expect(new Set(values.filter((_, at) => at % width === 0))).toEqual(new Set([0.25]));
  });
});
