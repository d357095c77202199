import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobsConformance } from './blobs.conformance.js';
import { type BlobPlace, blobChunkBytes } from './blobs.js';
import type { Disk } from './disk.js';
import { openBlobFolder } from './folder.js';
import { claimOf, someBytes, type TestPlace } from './place.conformance.js';
import { spoolsConformance } from './spools.conformance.js';

const dataKey = new Uint8Array(32).fill(7);
const mib = blobChunkBytes;
const code = (wanted: string) => expect.objectContaining({ code: wanted });
const newFolder = () => fs.mkdtemp(join(tmpdir(), 'consilium-blobs-'));

async function makePlace(): Promise<TestPlace> {
  const folder = join(await newFolder(), 'data');
  let place = await openBlobFolder({ folder, dataKey, openBlobs: 2 });
  return {
    place,
    async reopen() {
      await place.close();
      place = await openBlobFolder({ folder, dataKey, openBlobs: 2 });
      return place;
    },
    async remove() {
      await place.close();
      await fs.rm(join(folder, '..'), { recursive: true });
    },
  };
}

blobsConformance('folder', makePlace);
spoolsConformance('folder', makePlace);

describe('a blob folder', () => {
  let folder: string;
  let place: BlobPlace;
  beforeEach(async () => {
    folder = await newFolder();
    place = await openBlobFolder({ folder, dataKey });
  });
  afterEach(async () => {
    await place.close();
    await fs.rm(folder, { recursive: true });
  });

  const files = async (): Promise<string[]> => {
    const all = await fs.readdir(folder, { recursive: true, withFileTypes: true });
    return all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  };
  const pathOf = (hash: string) => join(folder, 'blobs', hash.slice(0, 2), hash);
  /** Opens the folder as a new process would, with nothing remembered. */
  const reopen = async () => {
    await place.close();
    place = await openBlobFolder({ folder, dataKey });
  };

  it('is for its owner alone', async () => {
    await place.blobs.write(someBytes(10));
    await (await place.spools.open(claimOf(someBytes(20)))).write(0, someBytes(20).subarray(0, 5));
    const all = await fs.readdir(folder, { recursive: true, withFileTypes: true });
    expect(all.length).toBeGreaterThan(5);
    for (const entry of all) {
      const { mode } = await fs.stat(join(entry.parentPath, entry.name));
      expect(mode & 0o777).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
  });

  it('shows no plain bytes', async () => {
    const text = Buffer.from('an update of a hospital '.repeat(60_000));
    await place.blobs.write(text);
    await (await place.spools.open(claimOf(text))).write(0, text);
    for (const file of await files()) expect((await fs.readFile(file)).includes('hospital')).toBe(false);
  });

  it('does not open with another key, and says so', async () => {
    const other = new Uint8Array(32).fill(8);
    await expect(openBlobFolder({ folder, dataKey: other })).rejects.toEqual(code('CSM-BLOB-KEY'));
  });

  it('forgets writers that a dead process left', async () => {
    const left = join(folder, 'tmp', 'left.part');
    await fs.writeFile(left, 'x');
    await reopen();
    await expect(fs.access(left, constants.F_OK)).rejects.toThrow();
  });

  it('closes the writers that were left open', async () => {
    const writer = place.blobs.writer();
    await writer.append(someBytes(10));
    await place.close();
    await expect(writer.append(someBytes(1))).rejects.toThrow();
    expect((await files()).filter((file) => file.endsWith('.part'))).toEqual([]);
  });

  it('never gives a byte that was not written, whatever happens to the file', async () => {
    const bytes = someBytes(mib + 100);
    const hash = await place.blobs.write(bytes);
    const path = pathOf(hash);
    const sealed = await fs.readFile(path);
    const damage = fc.oneof(
      fc.record({ kind: fc.constant('flip' as const), at: fc.nat(sealed.length - 1), bit: fc.nat(7) }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat(sealed.length - 1) }),
      fc.record({
        kind: fc.constant('grow' as const),
        at: fc.nat(sealed.length),
        more: fc.integer({ min: 1, max: 99 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        const damaged =
          how.kind === 'cut'
            ? sealed.subarray(0, how.at)
            : how.kind === 'grow'
              ? Buffer.concat([sealed.subarray(0, how.at), Buffer.alloc(how.more), sealed.subarray(how.at)])
              : Buffer.from(sealed.with(how.at, (sealed[how.at] ?? 0) ^ (1 << how.bit)));
        await fs.writeFile(path, damaged);
        await reopen();
        await expect(place.blobs.read(hash, 0, bytes.length)).rejects.toEqual(code('CSM-BLOB-DAMAGED'));
      }),
      { numRuns: 60 },
    );
    await fs.writeFile(path, sealed);
    expect(await place.blobs.size(hash)).toBe(bytes.length);
  });

  it('refuses chunks that changed places, inside a file or between two', async () => {
    const sealedChunk = mib + 28;
    const [one, two] = [await place.blobs.write(someBytes(2 * mib, 1)), await place.blobs.write(someBytes(2 * mib, 2))];
    const sealed = await fs.readFile(pathOf(one));
    const chunk = (index: number) => sealed.subarray(32 + index * sealedChunk, 32 + (index + 1) * sealedChunk);
    const swapped = [sealed.subarray(0, 32), chunk(1), chunk(0), sealed.subarray(32 + 2 * sealedChunk)];
    await fs.writeFile(pathOf(one), Buffer.concat(swapped));
    await reopen();
    await expect(place.blobs.read(one, 0, 10)).rejects.toEqual(code('CSM-BLOB-DAMAGED'));

    const other = await fs.readFile(pathOf(two));
    other.set(chunk(0), 32);
    await fs.writeFile(pathOf(two), other);
    await expect(place.blobs.read(two, 0, 10)).rejects.toEqual(code('CSM-BLOB-DAMAGED'));
    expect(Buffer.compare(await place.blobs.read(two, mib, mib), someBytes(2 * mib, 2).subarray(mib))).toBe(0);
  });

  it('refuses one blob under the name of another', async () => {
    const [one, two] = [await place.blobs.write(someBytes(10, 1)), await place.blobs.write(someBytes(10, 2))];
    await fs.copyFile(pathOf(one), pathOf(two));
    await expect(place.blobs.read(two, 0, 10)).rejects.toEqual(code('CSM-BLOB-DAMAGED'));
  });

  it('mends a damaged blob when it is written again', async () => {
    const bytes = someBytes(100);
    const hash = await place.blobs.write(bytes);
    await fs.writeFile(pathOf(hash), 'rubbish');
    await expect(place.blobs.read(hash, 0, 1)).rejects.toEqual(code('CSM-BLOB-DAMAGED'));
    await place.blobs.write(bytes);
    expect(Buffer.compare(await place.blobs.read(hash, 0, 100), bytes)).toBe(0);
  });

  it('reads only the chunks that hold the wanted bytes', async () => {
    const hash = await place.blobs.write(someBytes(3 * mib));
    const damaged = await fs.readFile(pathOf(hash));
    damaged[40] = (damaged[40] ?? 0) ^ 1;
    await fs.writeFile(pathOf(hash), damaged);
    expect(Buffer.compare(await place.blobs.read(hash, mib, mib), someBytes(3 * mib).subarray(mib, 2 * mib))).toBe(0);
    await expect(place.blobs.read(hash, mib - 1, 2)).rejects.toEqual(code('CSM-BLOB-DAMAGED'));
  });

  it('goes on with an upload from the last whole chunk that the disk kept', async () => {
    const bytes = someBytes(4 * mib);
    const sealedChunk = mib + 28;
    const spool = await place.spools.open(claimOf(bytes));
    await spool.write(0, bytes.subarray(0, 3 * mib));
    await place.close();
    const part = (await files()).find((file) => file.includes('spools')) as string;

    await fs.truncate(part, 32 + 2 * sealedChunk + 1000);
    place = await openBlobFolder({ folder, dataKey });
    expect((await place.spools.open(claimOf(bytes))).offset).toBe(2 * mib);

    await place.close();
    const sealed = await fs.readFile(part);
    sealed[32 + sealedChunk + 5] = (sealed[32 + sealedChunk + 5] ?? 0) ^ 1;
    await fs.writeFile(part, sealed);
    place = await openBlobFolder({ folder, dataKey });
    const resumed = await place.spools.open(claimOf(bytes));
    expect(resumed.offset).toBe(mib);
    await resumed.write(mib, bytes.subarray(mib));
    expect(await resumed.finish()).toBe(sha256(bytes));
    expect(Buffer.compare(await place.blobs.read(sha256(bytes), 0, bytes.length), bytes)).toBe(0);
  });

  it('does not take strange names for its own', async () => {
    for (const name of ['blobs/ab/notes.txt', 'spools/north/x/y/z', 'spools/README']) {
      await fs.mkdir(join(folder, name, '..'), { recursive: true });
      await fs.writeFile(join(folder, name), 'x');
    }
    expect(await place.spools.list()).toEqual([]);
    expect(await place.spools.sweep(() => false)).toBe(0);
    expect(await place.blobs.sweep(async () => new Set())).toBe(0);
  });

  it('spares what is committed while it sweeps', async () => {
    const bytes = Array.from({ length: 30 }, (_, seed) => someBytes(50, seed));
    const hashes = await Promise.all(bytes.map((one) => place.blobs.write(one)));
    const [, again] = await Promise.all([
      place.blobs.sweep(async () => new Set()),
      Promise.all(bytes.map((one) => place.blobs.write(one))),
    ]);
    expect(again).toEqual(hashes);
    expect(await Promise.all(hashes.map((hash) => place.blobs.has(hash)))).toEqual(hashes.map(() => true));
  });
});

describe('a full disk', () => {
  /** The real disk until `room` bytes were written. */
  const diskWith = (room: { bytes: number }): Disk => ({
    ...fs,
    async open(...args: Parameters<typeof fs.open>) {
      const handle = await fs.open(...args);
      const write = handle.write.bind(handle);
      handle.write = (async (bytes: Uint8Array, offset: number, length: number, position: number) => {
        const taken = Math.min(length, room.bytes);
        room.bytes -= taken;
        if (taken === 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        return write(bytes, offset, taken, position);
      }) as typeof handle.write;
      return handle;
    },
  });

  it('refuses with a code, keeps what was acknowledged, and goes on when there is room', async () => {
    const folder = await newFolder();
    const room = { bytes: Number.MAX_SAFE_INTEGER };
    const place = await openBlobFolder({ folder, dataKey, disk: diskWith(room) });
    try {
      const bytes = someBytes(3 * mib);
      room.bytes = mib + mib / 2;
      await expect(place.blobs.write(bytes)).rejects.toEqual(code('CSM-BLOB-NO-SPACE'));
      expect(await place.blobs.has(sha256(bytes))).toBe(false);
      expect(await fs.readdir(join(folder, 'tmp'))).toEqual([]);

      room.bytes = mib + mib / 2;
      const spool = await place.spools.open(claimOf(bytes));
      expect(await spool.write(0, bytes.subarray(0, mib))).toBe(mib);
      await expect(spool.write(mib, bytes.subarray(mib, 2 * mib))).rejects.toEqual(code('CSM-BLOB-NO-SPACE'));
      await expect(spool.write(mib, bytes.subarray(mib))).rejects.toEqual(code('CSM-SPOOL-CLOSED'));

      room.bytes = Number.MAX_SAFE_INTEGER;
      const resumed = await place.spools.open(claimOf(bytes));
      expect(resumed.offset).toBe(mib);
      await resumed.write(mib, bytes.subarray(mib));
      expect(await resumed.finish()).toBe(sha256(bytes));
      expect(Buffer.compare(await place.blobs.read(sha256(bytes), 0, bytes.length), bytes)).toBe(0);
    } finally {
      await place.close();
      await fs.rm(folder, { recursive: true });
    }
  });
});
