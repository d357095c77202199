import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Blobs as plain files. */
export async function openPlace(folder) {
  await mkdir(folder, { recursive: true });
  const writer = () => {
    const path = join(folder, randomUUID());
    const hash = createHash('sha256');
    const opening = open(path, 'wx', 0o600);
    let bytes = 0;
    return {
      append: async (part) => {
        hash.update(part);
        bytes += part.length;
        await (await opening).writeFile(part);
      },
      commit: async () => {
        const handle = await opening;
        await handle.sync();
        await handle.close();
        const name = hash.digest('hex');
        await rename(path, join(folder, name));
        return { hash: name, bytes };
      },
      abort: async () => {
        await (await opening).close();
        await rm(path);
      },
    };
  };
  const blobs = {
    size: async (hash) => (await stat(join(folder, hash))).size,
    read: async (hash, offset, length) => {
      const handle = await open(join(folder, hash), 'r');
      try {
        const buffer = Buffer.allocUnsafeSlow(length);
        await handle.read(buffer, 0, length, offset);
        return buffer;
      } finally {
        await handle.close();
      }
    },
    write: async (bytes) => {
      const writing = writer();
      await writing.append(bytes);
      return (await writing.commit()).hash;
    },
    writer,
  };
  return { blobs, close: async () => {} };
}
