import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunId, StepId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRunFolder } from './run-folder.js';

let runs: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'consilium-runs-'));
});
afterEach(() => rm(runs, { recursive: true }));

describe('the folder of a run', () => {
  it('loses what a killed process had not written to its end, and no manifest with it', async () => {
    const run = await openRunFolder(runs, 'a'.repeat(32) as RunId);
    for (const name of ['memory.json', 'memory.json.0a1b2c3d.part', 'train-0-1.manifest.json.4e5f6a7b.part']) {
      await writeFile(join(run.folder, name), '{}');
    }
    await run.tidy({ step: 'train:0:1' as StepId, carried: null, blobs: new Set() });
    expect((await readdir(run.folder)).sort()).toEqual(['blobs', 'memory.json']);
  });
});
