import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@consilium/coordinator/store';
import { sha256 } from '@consilium/shared/canonical';
import { fileSink, type Source } from '@consilium/site-agent/connection';
import { afterEach, describe, expect, it } from 'vitest';
import { createGate } from '../harness/gate.js';
import { createCleanUp, mebibyte, run, startCoordinator, startSite, startWire, step } from './kit.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const windowBytes = 8 * mebibyte;
/** Both ends stop here until the restart is over, so that it always comes in the middle. */
const held = 9 * mebibyte;
const size = 13 * mebibyte + 17;
const dataKey = randomBytes(32);

type Ends = 'the agent' | 'the coordinator' | 'both';

/** A coordinator on a real disk, and an agent; either can be started again. */
async function openPair() {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-restarts-'));
  cleanUp.later(() => rm(folder, { recursive: true, force: true }));
  const open = () => openBlobFolder({ folder: join(folder, 'blobs'), dataKey });
  let place = await open();
  let served = 0;
  cleanUp.later(() => place.close());
  const start = () => {
    const { blobs, spools } = place;
    const counted = {
      size: blobs.size,
      async read(hash: Parameters<typeof blobs.read>[0], offset: number, length: number) {
        served += length;
        return blobs.read(hash, offset, length);
      },
    };
    return startCoordinator(cleanUp, {}, { blobs: counted, spools });
  };
  let coordinator = await start();
  const wire = await startWire(cleanUp, coordinator.port);
  const dial = () => startSite(cleanUp, { address: wire.address });
  let site = dial();
  return {
    folder,
    site: () => site,
    blobs: () => place.blobs,
    served: () => served,
    async restart(who: Ends) {
      if (who !== 'the coordinator') await site.close();
      if (who !== 'the agent') {
        await coordinator.close();
        await place.close();
        place = await open();
        coordinator = await start();
        wire.redirect(coordinator.port);
      }
      if (who !== 'the coordinator') site = dial();
    },
  };
}

describe.each<Ends>(['the agent', 'the coordinator', 'both'])('when %s started again in the middle', (who) => {
  it('an upload goes on, and no more than one window is sent twice', async () => {
    const pair = await openPair();
    const bytes = randomBytes(size);
    const blob = { run, step, hash: sha256(bytes) };
    const [middle, gate] = [createGate(), createGate()];
    let read = 0;
    const source: Source = {
      bytes: size,
      async read(offset, length) {
        if (offset >= held) await gate.opened;
        read += length;
        return bytes.subarray(offset, offset + length);
      },
    };
    const onProgress = (done: number) => {
      if (done >= mebibyte) middle.open();
    };
    const first = pair
      .site()
      .upload(blob, source, { onProgress })
      .catch((thrown: unknown) => thrown);
    await middle.opened;
    expect(await pair.blobs().has(blob.hash)).toBe(false);
    await pair.restart(who);
    gate.open();
    if (who !== 'the coordinator') {
      expect(await first).toMatchObject({ code: expect.any(String) });
      await pair.site().upload(blob, source);
    } else {
      expect(await first).toBeUndefined();
    }
    expect(sha256(await pair.blobs().read(blob.hash, 0, size))).toBe(blob.hash);
    expect(read - size).toBeLessThanOrEqual(windowBytes);
  });

  it('a download goes on, and no more than one window is sent twice', async () => {
    const pair = await openPair();
    const bytes = randomBytes(size);
    const hash = await pair.blobs().write(bytes);
    const path = join(pair.folder, 'fetched');
    const [middle, gate] = [createGate(), createGate()];
    const openSink = async () => {
      const sink = await fileSink(path);
      return {
        ...sink,
        async write(offset: number, part: Uint8Array) {
          if (offset >= held) await gate.opened;
          await sink.write(offset, part);
          if (offset >= mebibyte) middle.open();
        },
      };
    };
    const before = await openSink();
    const first = pair
      .site()
      .fetch({ run, step, hash }, before)
      .catch((thrown: unknown) => thrown);
    await middle.opened;
    await pair.restart(who);
    gate.open();
    if (who !== 'the coordinator') {
      expect(await first).toMatchObject({ code: expect.any(String) });
      await before.close();
      const after = await openSink();
      expect(await after.offset()).toBeGreaterThan(mebibyte);
      await pair.site().fetch({ run, step, hash }, after);
      await after.close();
    } else {
      expect(await first).toBe(size);
      await before.close();
    }
    expect(sha256(await readFile(path))).toBe(hash);
    expect(pair.served() - size).toBeLessThanOrEqual(windowBytes);
  });
});
