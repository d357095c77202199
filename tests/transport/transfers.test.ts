import { randomBytes } from 'node:crypto';
import { sha256 } from '@consilium/shared/canonical';
import { createIdentity } from '@consilium/shared/crypto';
import { coded, fail } from '@consilium/shared/errors';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import { type SignedManifest, silentLog, type Verdict } from '@consilium/shared/wire';
import { memorySource, type Source } from '@consilium/site-agent/connection';
import { afterEach, describe, expect, it } from 'vitest';
import {
  consortium,
  createCleanUp,
  createWatch,
  mebibyte,
  memorySink,
  north,
  run,
  startCoordinator,
  startSite,
  startWire,
  state,
  step,
  trust,
} from './kit.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const code = (value: string) => expect.objectContaining({ code: value });
const blobOf = (bytes: Uint8Array) => ({ run, step, hash: sha256(bytes) });

describe('an upload', () => {
  it('arrives whole, in pieces that end at mebibytes', async () => {
    const bytes = randomBytes(3 * mebibyte + 17);
    const asked: unknown[] = [];
    const { address, store } = await startCoordinator(cleanUp, {
      mayUpload: (site, upload) => {
        asked.push({ site, ...upload });
        return true;
      },
    });
    const progress: number[] = [];
    const blob = blobOf(bytes);
    await startSite(cleanUp, { address }).upload(blob, memorySource(bytes), {
      onProgress: (done) => progress.push(done),
    });
    expect(Buffer.compare(store.blobs.all.get(blob.hash)!, bytes)).toBe(0);
    expect(asked).toEqual([{ site: north, ...blob, bytes: bytes.length }]);
    expect(store.writes.map(({ length }) => length)).toEqual([mebibyte, mebibyte, mebibyte, 17]);
    expect(progress).toEqual([0, mebibyte, 2 * mebibyte, 3 * mebibyte, bytes.length]);
  });

  it('goes on where it stopped when the link is cut, again and again', async () => {
    const bytes = randomBytes(12 * mebibyte);
    const { port, store } = await startCoordinator(cleanUp);
    const wire = await startWire(cleanUp, port);
    const reads = new Map<number, number>();
    const source: Source = {
      bytes: bytes.length,
      async read(offset, length) {
        reads.set(offset, (reads.get(offset) ?? 0) + 1);
        return bytes.subarray(offset, offset + length);
      },
    };
    const cuts = wire.cutAfter(3.5 * mebibyte).then(() => wire.cutAfter(5.5 * mebibyte));
    await startSite(cleanUp, { address: wire.address }).upload(blobOf(bytes), source);
    await cuts;
    expect(Buffer.compare(store.blobs.all.get(sha256(bytes))!, bytes)).toBe(0);
    // What the spool had was never sent again.
    expect(store.writes.map(({ offset }) => offset)).toEqual(Array.from({ length: 12 }, (_, i) => i * mebibyte));
    expect(reads.get(0)).toBe(1);
  });

  it('goes on when the coordinator was restarted with its spools', async () => {
    const bytes = randomBytes(10 * mebibyte);
    const first = await startCoordinator(cleanUp);
    const wire = await startWire(cleanUp, first.port);
    const upload = startSite(cleanUp, { address: wire.address }).upload(blobOf(bytes), memorySource(bytes));
    await wire.cutAfter(4.5 * mebibyte);
    await first.gateway.close();
    expect(first.store.blobs.all.size).toBe(0);
    const second = await startCoordinator(cleanUp, {}, { spools: first.store.spools });
    wire.redirect(second.port);
    await upload;
    expect(Buffer.compare(first.store.blobs.all.get(sha256(bytes))!, bytes)).toBe(0);
    expect(first.store.writes.map(({ offset }) => offset)).toEqual(Array.from({ length: 10 }, (_, i) => i * mebibyte));
  });

  it('never has more under way than the window', async () => {
    const bytes = randomBytes(24 * mebibyte);
    let read = 0;
    let written = 0;
    let most = 0;
    const { address, store } = await startCoordinator(cleanUp);
    const source: Source = {
      bytes: bytes.length,
      async read(offset, length) {
        read += length;
        written = store.writes.reduce((sum, one) => sum + one.length, 0);
        most = Math.max(most, read - written);
        return bytes.subarray(offset, offset + length);
      },
    };
    await startSite(cleanUp, { address }).upload(blobOf(bytes), source);
    expect(most).toBeGreaterThan(2 * mebibyte);
    expect(most).toBeLessThanOrEqual(8 * mebibyte);
  });

  it('that nobody awaits is refused with the reason, before a byte is sent', async () => {
    const { address, store } = await startCoordinator(cleanUp, {
      mayUpload: (site, upload) => coded('CSM-ACCESS-UPLOAD', { site, step: upload.step }),
    });
    const source: Source = { bytes: 9, read: async () => expect.unreachable('a byte was read') };
    const upload = startSite(cleanUp, { address }).upload({ run, step, hash: 'ab'.repeat(32) as BlobHash }, source);
    await expect(upload).rejects.toThrow(code('CSM-ACCESS-UPLOAD'));
    expect(store.writes).toEqual([]);
  });

  it('of a site that is not yet approved is refused', async () => {
    const { address } = await startCoordinator(cleanUp, {
      admit: async () => ({ standing: 'pending', certificate: null }),
    });
    const upload = startSite(cleanUp, { address }).upload(blobOf(new Uint8Array(9)), memorySource(new Uint8Array(9)));
    await expect(upload).rejects.toThrow(code('CSM-ACCESS-PENDING'));
  });

  it('whose bytes are not the announced ones is refused, and nothing of it is kept', async () => {
    const bytes = randomBytes(2 * mebibyte);
    const { address, store } = await startCoordinator(cleanUp);
    const upload = startSite(cleanUp, { address }).upload(
      { run, step, hash: 'ab'.repeat(32) as BlobHash },
      memorySource(bytes),
    );
    await expect(upload).rejects.toThrow(code('CSM-TRANSFER-DIGEST'));
    expect(store.blobs.all.size).toBe(0);
  });

  it('ends at once when its caller gives up, and the place is free again', async () => {
    const { address, gateway } = await startCoordinator(cleanUp);
    const site = startSite(cleanUp, { address });
    await state(site, 'connected');
    const giveUp = new AbortController();
    const stuck: Source = {
      bytes: 9,
      read: () => {
        giveUp.abort(new Error('enough'));
        return new Promise(() => {});
      },
    };
    const upload = site.upload(blobOf(new Uint8Array(9)), stuck, { signal: giveUp.signal });
    await expect(upload).rejects.toThrow('enough');
    await site.upload(blobOf(new Uint8Array(5)), memorySource(new Uint8Array(5)));
    expect(gateway.traffic()).toMatchObject([{ site: north, connected: true, uploads: 0, downloads: 0 }]);
  });
});

describe('a download', () => {
  it('arrives whole', async () => {
    const bytes = randomBytes(9 * mebibyte + 3);
    const { address, store } = await startCoordinator(cleanUp);
    const hash = store.blobs.put(bytes);
    const sink = memorySink();
    await expect(startSite(cleanUp, { address }).fetch({ run, step, hash }, sink)).resolves.toBe(bytes.length);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
  });

  it('goes on where it stopped when the link is cut', async () => {
    const bytes = randomBytes(10 * mebibyte);
    const { port, store } = await startCoordinator(cleanUp);
    const wire = await startWire(cleanUp, port);
    const hash = store.blobs.put(bytes);
    const sink = memorySink();
    const starts: number[] = [];
    const watched = {
      ...sink,
      offset: async () => {
        starts.push(await sink.offset());
        return sink.offset();
      },
    };
    const cut = wire.cutAfter(4.5 * mebibyte);
    await startSite(cleanUp, { address: wire.address }).fetch({ run, step, hash }, watched);
    await cut;
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
    expect(starts[0]).toBe(0);
    expect(starts.length).toBe(2);
    expect(starts[1]).toBeGreaterThan(0);
  });

  it('goes on from what an earlier process left', async () => {
    const bytes = randomBytes(3 * mebibyte);
    const { address, store, gateway } = await startCoordinator(cleanUp);
    const hash = store.blobs.put(bytes);
    const sink = memorySink();
    await sink.write(0, bytes.subarray(0, 2.5 * mebibyte));
    await startSite(cleanUp, { address }).fetch({ run, step, hash }, sink);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
    expect(gateway.traffic()[0]?.sentBytes).toBeLessThan(mebibyte);
  });

  it('starts again when what was left is not of this blob', async () => {
    const bytes = randomBytes(2 * mebibyte);
    const { address, store } = await startCoordinator(cleanUp);
    const hash = store.blobs.put(bytes);
    const sink = memorySink();
    await sink.write(0, randomBytes(mebibyte));
    await startSite(cleanUp, { address }).fetch({ run, step, hash }, sink);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
  });

  it('starts again when more was left than the blob has', async () => {
    const bytes = randomBytes(2 * mebibyte);
    const { address, store } = await startCoordinator(cleanUp);
    const hash = store.blobs.put(bytes);
    const sink = memorySink();
    await sink.write(0, randomBytes(3 * mebibyte));
    await startSite(cleanUp, { address }).fetch({ run, step, hash }, sink);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
  });

  it('larger than its reader takes is refused, and nothing of it is written', async () => {
    const bytes = randomBytes(2 * mebibyte);
    const { address, store } = await startCoordinator(cleanUp);
    const hash = store.blobs.put(bytes);
    const sink = memorySink();
    const site = startSite(cleanUp, { address });
    await expect(site.fetch({ run, step, hash }, sink, { maxBytes: bytes.length - 1 })).rejects.toMatchObject({
      ...{ code: 'CSM-AGENT-BLOB-SIZE', details: { hash, bytes: bytes.length, limit: bytes.length - 1 } },
    });
    expect(await sink.offset()).toBe(0);
    await expect(site.fetch({ run, step, hash }, sink, { maxBytes: bytes.length })).resolves.toBe(bytes.length);
  });

  it('of a blob that the assignment does not name is refused, whether it exists or not', async () => {
    const { address, store } = await startCoordinator(cleanUp, { mayDownload: () => false });
    const site = startSite(cleanUp, { address });
    const there = store.blobs.put(randomBytes(100));
    const faults = [];
    for (const hash of [there, 'ab'.repeat(32) as BlobHash]) {
      faults.push(await site.fetch({ run, step, hash }, memorySink()).catch((error: unknown) => error));
    }
    expect(faults).toEqual([code('CSM-ACCESS-BLOB'), code('CSM-ACCESS-BLOB')]);
  });

  it('that fails by a fault of the coordinator’s machine is told to its operator, with the cause', async () => {
    const cause = new Error('too many open files');
    const faults = createWatch<object>();
    const { address } = await startCoordinator(
      cleanUp,
      {},
      {
        blobs: { size: async () => 10, read: () => Promise.reject(cause) },
        log: { ...silentLog, error: faults.tell },
      },
    );
    const hash = 'ab'.repeat(32) as BlobHash;
    await expect(startSite(cleanUp, { address }).fetch({ run, step, hash }, memorySink())).rejects.toThrow(
      code('CSM-INTERNAL'),
    );
    expect(faults.seen[0]).toMatchObject({ site: north, code: 'CSM-INTERNAL', err: cause });
  });

  it('waits for a slow disk: the coordinator sends no more than the window', async () => {
    const bytes = randomBytes(20 * mebibyte);
    const { address, store, gateway } = await startCoordinator(cleanUp);
    const hash = store.blobs.put(bytes);
    const sink = memorySink();
    const sentAtFirstWrite: number[] = [];
    const slow = {
      ...sink,
      async write(offset: number, part: Uint8Array) {
        if (offset === 0) {
          // Long enough for all that may come to come: the event loop turns many times.
          for (let i = 0; i < 300; i++) await new Promise(setImmediate);
          sentAtFirstWrite.push(gateway.traffic()[0]?.sentBytes ?? 0);
        }
        await sink.write(offset, part);
      },
    };
    await startSite(cleanUp, { address }).fetch({ run, step, hash }, slow);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
    expect(sentAtFirstWrite[0]).toBeGreaterThan(4 * mebibyte);
    expect(sentAtFirstWrite[0]).toBeLessThan(8.1 * mebibyte);
  });
});

describe('several at once', () => {
  it('of several sites do not mix', async () => {
    const { address, store } = await startCoordinator(cleanUp);
    const names = ['east', 'north', 'south', 'west'] as SiteId[];
    const bytes = names.map(() => randomBytes(4 * mebibyte + 5));
    await Promise.all(
      names.map(async (name, i) => {
        const site = startSite(cleanUp, { address, trust: { ...trust, site: name }, identity: createIdentity() });
        const sink = memorySink();
        await site.upload(blobOf(bytes[i]!), memorySource(bytes[i]!));
        await site.fetch(blobOf(bytes[i]!), sink);
        expect(Buffer.compare(sink.bytes(), bytes[i]!)).toBe(0);
      }),
    );
    expect(store.blobs.all.size).toBe(4);
  });
});

describe('a contribution that is handed in', () => {
  const contribution = {
    manifest: {
      consortium,
      run,
      contract: 'ab'.repeat(32),
      step,
      site: north,
      base: null,
      kind: 'update',
      codec: 'f32',
      samples: 3,
      hash: 'cd'.repeat(32),
      bytes: 9,
    },
    signature: 'A'.repeat(86),
  } as SignedManifest;
  const { hash } = contribution.manifest;
  const accepted: Verdict = { type: 'verdict', outcome: 'accepted', run, step, hash };

  it('gets its verdict', async () => {
    const { address } = await startCoordinator(cleanUp, {
      onSubmit: async (site, given) => {
        expect([site, given]).toEqual([north, contribution]);
        return accepted;
      },
    });
    await expect(startSite(cleanUp, { address }).submit(contribution)).resolves.toEqual(accepted);
  });

  it('is handed in again on the next link when the link went before the verdict', async () => {
    const asked = createWatch<SiteId>();
    const { address, gateway } = await startCoordinator(cleanUp, {
      onSubmit: (site) => {
        asked.tell(site);
        return asked.seen.length === 1 ? new Promise(() => {}) : Promise.resolve(accepted);
      },
    });
    const verdict = startSite(cleanUp, { address }).submit(contribution);
    await asked.until((seen) => seen.length === 1);
    gateway.disconnect(north, coded('CSM-INTERNAL', { kind: 'a test' }));
    await expect(verdict).resolves.toEqual(accepted);
    expect(asked.seen.length).toBe(2);
  });

  it('takes a verdict that comes from elsewhere', async () => {
    const asked = createWatch<SiteId>();
    const { address, gateway } = await startCoordinator(cleanUp, {
      onSubmit: (site) => {
        asked.tell(site);
        return new Promise(() => {});
      },
    });
    const verdict = startSite(cleanUp, { address }).submit(contribution);
    await asked.until((seen) => seen.length === 1);
    const refused: Verdict = {
      ...accepted,
      outcome: 'refused',
      error: { code: 'CSM-INTERNAL', details: { kind: 'x' } },
    };
    gateway.verdict(north, refused);
    await expect(verdict).resolves.toEqual(refused);
  });

  it('that cannot be judged now is no verdict but a coded error', async () => {
    const { address } = await startCoordinator(cleanUp, {
      onSubmit: async () => fail('CSM-ACCESS-PENDING', { site: 'hospital-a' }),
    });
    await expect(startSite(cleanUp, { address }).submit(contribution)).rejects.toThrow(code('CSM-ACCESS-PENDING'));
  });
});
