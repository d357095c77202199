import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBlobFolder } from './blob-folder.js';
import { openFetched } from './fetched.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-runs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const model = Buffer.alloc(1_500_000, 'a model ');
const hash = sha256(model);
const now = () => new Date(0);
/** Puts bytes where a blob is brought, and counts how often. */
const source = (bytes: Uint8Array) => {
  const counted = { fetches: 0 };
  const fetch = async (sink: {
    write(offset: number, bytes: Uint8Array): Promise<void>;
    offset(): Promise<number>;
  }) => {
    counted.fetches += 1;
    expect(await sink.offset()).toBe(0);
    await sink.write(0, bytes);
  };
  return { counted, fetch };
};

describe('a fetched blob', () => {
  it('is fetched once, and again when the disk altered or shortened it', async () => {
    const blobs = await openBlobFolder(join(folder, 'blobs'));
    const { counted, fetch } = source(model);
    const path = await blobs.obtain(hash, fetch);
    await blobs.obtain(hash, fetch);
    expect(counted.fetches).toBe(1);
    const flipped = Buffer.from(model);
    flipped[1_200_000]! ^= 1;
    for (const damaged of [flipped, model.subarray(0, 700_000), new Uint8Array(0)]) {
      await writeFile(path, damaged);
      await blobs.obtain(hash, fetch);
      expect(Buffer.compare(await readFile(path), model)).toBe(0);
    }
    expect(counted.fetches).toBe(4);
  });

  it('lies for all runs where runs may start from it, else in its own run; and is found in either', async () => {
    const shared = await openBlobFolder(join(folder, 'shared'));
    const [one, other] = [await openBlobFolder(join(folder, 'one')), await openBlobFolder(join(folder, 'other'))];
    const { counted, fetch } = source(model);
    const lasting = await openFetched(one, shared, now).obtain(hash, true, fetch);
    expect(lasting).toBe(shared.path(hash));
    expect(await openFetched(other, shared, now).obtain(hash, true, fetch)).toBe(lasting);
    expect(await openFetched(other, shared, now).obtain(hash, false, fetch)).toBe(lasting);
    expect(counted.fetches).toBe(1);

    const round = Buffer.from('the model of a round');
    const passing = source(round);
    expect(await openFetched(one, shared, now).obtain(sha256(round), false, passing.fetch)).toBe(
      one.path(sha256(round)),
    );
    expect(await openFetched(one, shared, now).obtain(sha256(round), true, passing.fetch)).toBe(
      one.path(sha256(round)),
    );
    expect(passing.counted.fetches).toBe(1);
    expect(await openFetched(one, shared, now).placeOf(hash)).toBe(lasting);
    expect(await openFetched(one, shared, now).placeOf(sha256(Buffer.of(1)))).toBeNull();
  });

  it('is fetched again where the one for all runs was altered', async () => {
    const shared = await openBlobFolder(join(folder, 'shared'));
    const one = await openBlobFolder(join(folder, 'one'));
    const { counted, fetch } = source(model);
    const path = await openFetched(one, shared, now).obtain(hash, true, fetch);
    await writeFile(path, model.subarray(1));
    await openFetched(one, shared, now).obtain(hash, true, fetch);
    expect(counted.fetches).toBe(2);
    expect(Buffer.compare(await readFile(path), model)).toBe(0);
  });
});

describe('a folder of blobs', () => {
  const texts = ['first', 'second', 'third', 'fourth'].map((text) => Buffer.from(text.padEnd(1000)));
  const hashes = texts.map((bytes) => sha256(bytes));

  async function filled() {
    const blobs = await openBlobFolder(join(folder, 'blobs'));
    for (const [index, bytes] of texts.entries()) {
      await blobs.obtain(hashes[index]!, source(bytes).fetch);
      await blobs.touch(hashes[index]!, new Date(1_000_000 * index));
    }
    await writeFile(`${blobs.path(sha256(model))}.part`, 'half of it');
    return blobs;
  }
  const left = async () => (await readdir(join(folder, 'blobs'))).sort();

  it('keeps what was used last, up to a bound, and whatever is needed beyond it', async () => {
    const blobs = await filled();
    await blobs.keepNewest(new Set([hashes[0]!, sha256(model)]), 2_500);
    expect(await left()).toEqual([hashes[0]!, hashes[2]!, hashes[3]!, `${sha256(model)}.part`].sort());
    await blobs.touch(hashes[2]!, new Date(9_000_000));
    await blobs.keepNewest(new Set(), 1_500);
    expect(await left()).toEqual([hashes[2]!]);
  });

  it('keeps only what is needed, with the first part of what is on its way', async () => {
    const blobs = await filled();
    await blobs.keepOnly(new Set([hashes[1]!, sha256(model)]));
    expect(await left()).toEqual([hashes[1]!, `${sha256(model)}.part`].sort());
  });
});
