import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { coded } from '@consilium/shared/errors';
import { runId, siteId, stepId } from '@consilium/shared/ids';
import { type CoordinatorMessage, transferIdleMs, windowBytes } from '@consilium/shared/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlobPlace, blobChunkBytes, type Disk, openBlobFolder, realDisk } from '../store/index.js';
import { createAdmission } from './admission.js';
import { handClock } from './testing/hand-clock.js';
import { receiveUpload } from './uploads.js';

const chunks = 6;
const update = Buffer.alloc(chunks * blobChunkBytes + 9, 'an update ');
const hash = sha256(update);
const site = siteId.parse('north');
const [run, step] = [runId.parse('ab'.repeat(16)), stepId.parse('train:0:3')];
const dataKey = new Uint8Array(32).fill(7);

describe('an upload that goes on after a restart', () => {
  let folder: string;
  let place: BlobPlace;
  let onRead: () => void;
  let reads: number;
  let clock: ReturnType<typeof handClock>;

  /** The machine's own, but each reading of a chunk is told of. */
  const disk: Disk = {
    ...realDisk,
    open: (async (path: string, flags: string, mode?: number) => {
      const handle = await realDisk.open(path, flags, mode);
      const read = handle.read.bind(handle) as (...given: readonly unknown[]) => Promise<unknown>;
      handle.read = (async (...given: readonly unknown[]) => {
        if (flags === 'r+' && Number(given[2]) > blobChunkBytes) {
          reads += 1;
          onRead();
        }
        return read(...given);
      }) as typeof handle.read;
      return handle;
    }) as Disk['open'],
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-uploads-'));
    place = await openBlobFolder({ folder, dataKey });
    const spool = await place.spools.open({ site, run, step, hash, bytes: update.length });
    await spool.write(0, update.subarray(0, chunks * blobChunkBytes));
    await place.close();
    [onRead, reads, clock] = [() => {}, 0, handClock()];
    place = await openBlobFolder({ folder, dataKey, disk });
  });
  afterEach(async () => {
    await place.close();
    await rm(folder, { recursive: true });
  });

  const limits = { places: 1, totalBytes: 2 * windowBytes, windowBytes, narrowBytes: windowBytes };

  function begin() {
    let tell: (message: CoordinatorMessage) => void = () => {};
    const told = new Promise<CoordinatorMessage>((resolve) => {
      tell = resolve;
    });
    const transfer = receiveUpload(
      { type: 'open', transfer: 0, direction: 'upload', run, step, hash, bytes: update.length, window: windowBytes },
      { site, send: tell, sendFrame: () => {} },
      {
        spools: place.spools,
        admission: createAdmission(clock, { ...limits, idleMs: transferIdleMs }),
        mayUpload: () => true,
        onMoved: () => {},
        onResumed: () => {},
        onOwnFault: () => {},
      },
    );
    return { transfer, told };
  }

  it('keeps its place while what is there is read, however long that takes', async () => {
    onRead = () => clock.advance(transferIdleMs / 2);
    const { transfer, told } = begin();
    expect(await told).toMatchObject({ type: 'opened', bytes: chunks * blobChunkBytes });
    expect(reads).toBeGreaterThanOrEqual(chunks);
    transfer.stop(null);
    await transfer.ended;
  });

  it('reads no further for a site that has gone, and lets its next try in', async () => {
    const { transfer } = begin();
    onRead = () => {
      if (reads === 2) transfer.stop(coded('CSM-TRANSFER-CLOSED'));
    };
    await transfer.ended;
    expect(reads).toBe(2);
    const next = begin();
    expect(await next.told).toMatchObject({ type: 'opened', bytes: chunks * blobChunkBytes });
    next.transfer.stop(null);
    await next.transfer.ended;
  });
});
