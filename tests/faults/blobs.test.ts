import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobPlace, blobChunkBytes, openBlobFolder } from '@consilium/coordinator/store';
import { sha256 } from '@consilium/shared/canonical';
import { runId, siteId, stepId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Decide, failingDisk, fullAt, Killed, killedAfter } from './failing-disk.js';

const dataKey = new Uint8Array(32).fill(7);
const blob = Buffer.alloc(300_000, 'the next model ');
const update = Buffer.alloc(blobChunkBytes + 70_000, 'an update ');
const claim = {
  site: siteId.parse('hospital-a'),
  run: runId.parse('ab'.repeat(16)),
  step: stepId.parse('train:0:1'),
  hash: sha256(update),
  bytes: update.length,
};
const firstPiece = blobChunkBytes;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-faults-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What was said to be kept. */
interface Acknowledged {
  blob: boolean;
  bytes: number;
  update: boolean;
}

/** A fold that writes a model, and a site that sends an update in two pieces. */
async function work({ blobs, spools }: BlobPlace, done: Acknowledged): Promise<void> {
  await blobs.write(blob);
  done.blob = true;
  const spool = await spools.open(claim);
  for (const end of [firstPiece, update.length]) {
    if (spool.offset < end) done.bytes = await spool.write(spool.offset, update.subarray(spool.offset, end));
  }
  await spool.finish();
  done.update = true;
}

const nothing = (): Acknowledged => ({ blob: false, bytes: 0, update: false });

async function changesOf(decide: Decide & { count(): number }): Promise<number> {
  const place = await openBlobFolder({ folder, dataKey, disk: failingDisk(decide) });
  await work(place, nothing());
  await place.close();
  await rm(folder, { recursive: true });
  return decide.count();
}

/** All that was acknowledged is there as it was sent, and what was under way is finished by sending what is missing. */
async function expectWhole(place: BlobPlace, done: Acknowledged): Promise<void> {
  const { blobs, spools } = place;
  const held = async (bytes: Uint8Array) => {
    const hash = sha256(bytes);
    return Buffer.compare(await blobs.read(hash, 0, await blobs.size(hash)), bytes) === 0;
  };
  expect([done.blob, await blobs.has(sha256(blob))]).not.toEqual([true, false]);
  if (await blobs.has(sha256(blob))) expect(await held(blob)).toBe(true);
  if (done.update) expect(await held(update)).toBe(true);
  const spool = await spools.open(claim);
  const wholePieces = done.bytes - (done.bytes % blobChunkBytes);
  expect(spool.offset).toBeGreaterThanOrEqual(wholePieces);
  await spool.close();
  const after = nothing();
  await work(place, after);
  expect(after).toMatchObject({ blob: true, update: true });
  expect(await held(blob)).toBe(true);
  expect(await held(update)).toBe(true);
}

describe('blobs and spools', () => {
  it('hold all that was acknowledged when the process is killed between any two changes of the disk', async () => {
    const all = await changesOf(killedAfter(Number.POSITIVE_INFINITY));
    expect(all).toBeGreaterThan(20);
    for (let change = 0; change < all; change++) {
      const done = nothing();
      let dying: BlobPlace | null = null;
      await expect(
        (async () => {
          dying = await openBlobFolder({ folder, dataKey, disk: failingDisk(killedAfter(change)) });
          await work(dying, done);
        })(),
      ).rejects.toThrow(Killed);
      // Its open files alone: it can change nothing any more.
      await (dying as BlobPlace | null)?.close().catch(() => {});
      const place = await openBlobFolder({ folder, dataKey });
      expect(await readdir(join(folder, 'tmp'))).toEqual([]);
      await expectWhole(place, done);
      await place.close();
      await rm(folder, { recursive: true });
    }
  });

  it('say so when the disk is full at any change, keep all that was acknowledged, and go on once there is room', async () => {
    const all = await changesOf(fullAt(-1));
    for (let change = 0; change < all; change++) {
      const done = nothing();
      const open = () => openBlobFolder({ folder, dataKey, disk: failingDisk(decide) });
      const decide = fullAt(change);
      const noRoom = expect.objectContaining({ code: 'CSM-BLOB-NO-SPACE' });
      const place = await open().catch(async (thrown: unknown) => {
        expect(thrown).toEqual(noRoom);
        return open();
      });
      const failed = decide.count() > change;
      const working = work(place, done);
      if (failed) await working;
      else await expect(working).rejects.toEqual(noRoom);
      await expectWhole(place, done);
      await place.close();
      await rm(folder, { recursive: true });
    }
  });
});
