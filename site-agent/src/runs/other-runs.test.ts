import { mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractHash } from '@consilium/shared/contract';
import { blobHash, type RunId, type StepId } from '@consilium/shared/ids';
import type { Work } from '@consilium/shared/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realDisk } from '../config/index.js';
import { admit, leaveRun } from '../governance/index.js';
import { tinySite } from '../testing/tiny-site.js';
import { tidyOtherRuns } from './other-runs.js';
import { openRunFolder, type RunFolder } from './run-folder.js';

const day = 86_400_000;
const end = new Date('2026-03-01T00:00:00Z');
const hash = (digit: string) => blobHash.parse(digit.repeat(64));
const carried = ['train-0-1.carried', 'train-0-1.onward', 'train-0-2.carried', 'train-0-2.onward'];
const fetchable = ['train-0-1.blob', 'train-0-2.onward.draft'];

describe('a run that waits while the site does another', () => {
  let root: string;
  let place: { readonly runs: string; readonly left: string };
  let run: RunFolder;
  let id: RunId;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'consilium-other-runs-'));
    place = { runs: join(root, 'runs'), left: join(root, 'left') };
    const site = await tinySite();
    const { contract } = site.signed({ notAfter: end });
    await site.remove();
    id = contract.run;
    run = await openRunFolder(place.runs, id);
    const work: Work = {
      ...{ run: id, contract: contractHash(contract), contractBlob: hash('2'), journal: hash('5'), verdict: null },
      ...{ step: 'validate:2' as StepId, index: 6, model: hash('3'), preparation: hash('4') },
      carried: 'train:0:2' as StepId,
    };
    await admit(run.folder, contract, work);
    for (const name of [...carried, ...fetchable, 'train-0-2.manifest.json']) {
      await writeFile(join(run.folder, name), name);
    }
    await writeFile(run.blobs.path(hash('3')), 'model');
  });
  afterEach(() => rm(root, { recursive: true }));

  const tidy = (now: number) => tidyOtherRuns({ ...place, disk: realDisk, now: () => new Date(now) }, null);
  const left = async () => ({
    own: (await readdir(run.folder)).filter((name) => name.startsWith('train-')).sort(),
    blobs: await readdir(join(run.folder, 'blobs')),
  });
  const manifests = ['train-0-2.manifest.json'];

  it('keeps what it carries, for as long as its contract may be extended; what can be fetched or made again goes', async () => {
    await tidy(end.getTime() + 29 * day);
    expect(await left()).toEqual({ own: [...carried, ...manifests].sort(), blobs: [] });
    await tidy(end.getTime() + 31 * day);
    expect(await left()).toEqual({ own: manifests, blobs: [] });
  });

  it('keeps nothing of that once the hospital has left it', async () => {
    await leaveRun(place.left, id);
    await tidy(0);
    expect(await left()).toEqual({ own: manifests, blobs: [] });
  });

  it('keeps all while what the site remembers of it cannot be read, and others are tidied', async () => {
    const other = await openRunFolder(place.runs, 'f'.repeat(32) as RunId);
    await writeFile(other.blobs.path(hash('3')), 'model');
    await writeFile(join(run.folder, 'memory.json'), '{');
    await expect(tidy(end.getTime() + 31 * day)).rejects.toMatchObject({ code: 'CSM-AGENT-DISK' });
    expect((await left()).own).toEqual([...carried, ...fetchable, ...manifests].sort());
    expect(await readdir(join(other.folder, 'blobs'))).toEqual([]);
  });

  it('keeps of earlier rounds the newest that have room', async () => {
    for (const [name, bytes, second] of [
      ['train-0-1.onward', 10, 3],
      ['train-0-4.onward', 1.1 * 2 ** 30, 2],
      ['train-0-3.onward', 10, 1],
    ] as const) {
      const path = join(run.folder, name);
      await writeFile(path, '');
      await truncate(path, Math.round(bytes));
      await utimes(path, second, second);
    }
    await tidy(0);
    expect((await left()).own.filter((name) => name.endsWith('.onward'))).toEqual([
      'train-0-1.onward',
      'train-0-2.onward',
    ]);
  });
});
