import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { coded } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { type SignedManifest, silentLog } from '@consilium/shared/wire';
import type { Connection } from '@consilium/site-agent/connection';
import { type Ledger, leaveRun, type Outbound, openEgress } from '@consilium/site-agent/governance';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  consortium,
  createCleanUp,
  createWatch,
  mebibyte,
  north,
  run,
  startCoordinator,
  startSite,
  step,
} from './kit.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-leaving-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ledger: Ledger = { append: async () => {}, rekey: async () => {}, close: async () => {} };

/** An update of so many bytes, on the disk, and the door that it leaves by. */
async function updateOf(size: number, connection: Connection) {
  const bytes = randomBytes(size);
  const path = join(folder, 'update');
  await writeFile(path, bytes);
  const manifest = {
    ...{ consortium, run, contract: 'ab'.repeat(32), step, site: north, base: null, kind: 'update', codec: 'f32' },
    ...{ samples: 30, hash: sha256(bytes), bytes: size },
  };
  const outbound: Outbound = {
    contribution: { manifest, signature: 'A'.repeat(86) } as SignedManifest,
    ...{ path, step: { kind: 'train', stage: 0, round: 1 }, patients: 30, minimumCohort: 5, updateBytes: size },
  };
  const left = join(folder, 'left');
  return { left, release: () => openEgress(connection, ledger, silentLog, left).release(outbound) };
}

describe('a hospital that leaves a run', () => {
  it('in the middle of an upload sends no further frame', async () => {
    const { address, store } = await startCoordinator(cleanUp);
    const site = startSite(cleanUp, { address });
    const connection: Connection = {
      ...site,
      upload: (blob, source, options) => {
        const read = async (offset: number, length: number) => {
          if (offset === 2 * mebibyte) await leaveRun(join(folder, 'left'), run);
          return source.read(offset, length);
        };
        return site.upload(blob, { ...source, read }, options);
      },
    };
    const { release } = await updateOf(6 * mebibyte, connection);
    await expect(release()).rejects.toMatchObject({ code: 'CSM-AGENT-LEFT', details: { run } });
    expect(store.writes.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(2 * mebibyte);
    expect(store.blobs.all.size).toBe(0);
  });

  it('while its contribution waits for a verdict does not hand it in over the next link', async () => {
    const asked = createWatch<SiteId>();
    const { address, gateway, store } = await startCoordinator(cleanUp, {
      onSubmit: (site) => {
        asked.tell(site);
        return new Promise(() => {});
      },
    });
    const { left, release } = await updateOf(9, startSite(cleanUp, { address }));
    const released = release();
    await asked.until((seen) => seen.length === 1);
    expect(store.blobs.all.size).toBe(1);
    await leaveRun(left, run);
    gateway.disconnect(north, coded('CSM-INTERNAL', { kind: 'a test' }));
    await expect(released).rejects.toMatchObject({ code: 'CSM-AGENT-LEFT' });
    expect(asked.seen).toHaveLength(1);
  });
});
