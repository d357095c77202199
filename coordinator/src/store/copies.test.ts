import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BlobHash } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameCopy, pinBlobs } from './copies.js';
import type { Disk } from './disk.js';

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'consilium-copies-'));
});
afterEach(() => fs.rm(folder, { recursive: true }));

describe('blobs that are held for a copy', () => {
  const hashes = ['a', 'b', 'c'].map((digit) => digit.repeat(64) as BlobHash);
  const [first] = hashes as [BlobHash];
  const place = (root: string, hash: BlobHash) => join(root, 'blobs', hash.slice(0, 2), hash);

  beforeEach(async () => {
    for (const hash of hashes) {
      await fs.mkdir(dirname(place(folder, hash)), { recursive: true });
      await fs.writeFile(place(folder, hash), hash);
    }
    await fs.writeFile(join(folder, 'key-check'), 'check');
  });

  it('are copied after their owner removed them', async () => {
    const pinned = pinBlobs(folder, 'copy');
    expect([...(await pinned.pin())].sort()).toEqual(hashes);
    await fs.rm(place(folder, first));
    const to = join(folder, 'to');
    expect(await pinned.copy(hashes, to)).toBe(3 * 64);
    expect(await fs.readFile(place(to, first), 'utf8')).toBe(first);
  });

  it('are copied from where they lie when their owner has started anew and holds none any more; one that is gone is told', async () => {
    const pinned = pinBlobs(folder, 'copy');
    await pinned.pin();
    await fs.rm(join(folder, 'tmp'), { recursive: true });
    const to = join(folder, 'to');
    expect(await pinned.copy(hashes, to)).toBe(3 * 64);
    await fs.rm(place(folder, first));
    await expect(pinned.copy(hashes, join(folder, 'other'))).rejects.toMatchObject({
      ...{ code: 'CSM-BACKUP-BLOBS', details: { missing: 1 } },
    });
  });
});

it('a copy has its name once all that it holds is on the disk, and the name after that', async () => {
  const [part, to] = [join(folder, 'copy.part'), join(folder, 'copy')];
  await fs.mkdir(join(part, 'blobs'), { recursive: true });
  for (const name of ['coordinator.key', 'data.key', 'consilium.sqlite']) await fs.writeFile(join(part, name), name);
  const done: string[] = [];
  const disk: Disk = {
    ...fs,
    async open(...args: Parameters<typeof fs.open>) {
      const handle = await fs.open(...args);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        await sync();
        done.push(String(args[0]));
      };
      return handle;
    },
    async rename(...args: Parameters<typeof fs.rename>) {
      await fs.rename(...args);
      done.push('named');
    },
  };
  await nameCopy(disk, part, to);
  const inside = ['consilium.sqlite', 'coordinator.key', 'data.key'].map((name) => join(part, name));
  expect([...done.slice(0, 3).sort(), ...done.slice(3)]).toEqual([...inside, part, 'named', folder]);
  expect(await fs.readFile(join(to, 'data.key'), 'utf8')).toBe('data.key');
});
