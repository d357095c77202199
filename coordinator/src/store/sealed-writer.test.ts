import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blobChunkBytes } from './blobs.js';
import type { Digests } from './digests.js';
import type { Disk } from './disk.js';
import { createSealed } from './sealed-writer.js';

it('does not let go of its file while a chunk is being written, though its digest is lost', async () => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'consilium-sealed-'));
  let reachDisk: () => void = () => {};
  let writeOn: () => void = () => {};
  const onDisk = new Promise<void>((resolve) => {
    reachDisk = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    writeOn = resolve;
  });
  const disk: Disk = {
    ...fs,
    async open(...args: Parameters<typeof fs.open>) {
      const handle = await fs.open(...args);
      const write = handle.write.bind(handle);
      handle.write = (async (bytes: Uint8Array, offset: number, length: number, position: number) => {
        if (position > 0) {
          reachDisk();
          await gate;
        }
        return write(bytes, offset, length, position);
      }) as typeof handle.write;
      return handle;
    },
  };
  const lost = new Error('the thread is gone');
  const digests: Digests = {
    begin: () => ({ update: () => Promise.reject(lost), of: () => Promise.reject(lost), end: () => {} }),
    close: async () => {},
  };
  try {
    const writer = await createSealed({
      ...{ disk, digests, path: join(folder, 'one.part'), dataKey: new Uint8Array(32).fill(7) },
      random: (bytes) => new Uint8Array(bytes),
    });
    let told: unknown = null;
    const appending = writer.append(new Uint8Array(blobChunkBytes)).catch((thrown: unknown) => {
      told = thrown;
    });
    await onDisk;
    await new Promise(setImmediate);
    expect(told).toBeNull();
    writeOn();
    await appending;
    expect(told).toBe(lost);
    await writer.close();
  } finally {
    await fs.rm(folder, { recursive: true });
  }
});
