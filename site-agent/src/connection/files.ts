import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { BlobHash } from '@consilium/shared/ids';
import { type Disk, realDisk } from '../config/index.js';
import type { Sink, Source } from './transfer.js';

const pieceBytes = 2 ** 20;

/** Bytes in memory as a source. */
export const memorySource = (bytes: Uint8Array): Source => ({
  bytes: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

/** A file as a source. `close` it at the end. */
export async function fileSource(path: string): Promise<Source & { close(): Promise<void> }> {
  const file = await open(path, 'r');
  let piece: Uint8Array = Buffer.alloc(0);
  return {
    bytes: (await file.stat()).size,
    read(offset, length) {
      if (piece.length < length) piece = Buffer.allocUnsafeSlow(length);
      return readExactly(file, offset, piece.subarray(0, length));
    },
    close: () => file.close(),
  };
}

/** SHA-256 of a file's bytes. */
export async function digestOf(path: string): Promise<BlobHash> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const { size } = await file.stat();
    await update(hash, file, size);
    return hash.digest('hex') as BlobHash;
  } finally {
    await file.close();
  }
}

/**
 * A file that a blob arrives in (mode 0600). What an earlier process left of it counts, so the same path must always
 * stand for the same blob. The digest is kept as bytes come; only an old first part is read again. `close` it at the end.
 */
export async function fileSink(path: string, disk: Disk = realDisk): Promise<Sink & { close(): Promise<void> }> {
  const file = await disk.open(path, 'a+', 0o600);
  let size = (await file.stat()).size;
  let hash = createHash('sha256');
  await update(hash, file, size);
  return {
    offset: async () => size,
    async write(offset, bytes) {
      if (offset !== size) throw new RangeError('a sink takes bytes in order');
      await file.appendFile(bytes);
      hash.update(bytes);
      size += bytes.length;
    },
    async digest() {
      await file.sync();
      return hash.copy().digest('hex') as BlobHash;
    },
    async discard() {
      await file.truncate(0);
      hash = createHash('sha256');
      size = 0;
    },
    close: () => file.close(),
  };
}

/** Feeds the first `size` bytes of a file. */
async function update(hash: Hash, file: FileHandle, size: number): Promise<void> {
  const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, size));
  for (let offset = 0; offset < size; offset += pieceBytes) {
    hash.update(await readExactly(file, offset, piece.subarray(0, size - offset)));
  }
}

/** Fills `bytes` with what the file holds from `offset` on. */
async function readExactly(file: FileHandle, offset: number, bytes: Uint8Array): Promise<Uint8Array> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
    if (bytesRead === 0) throw new RangeError('the file ended early');
    done += bytesRead;
  }
  return bytes;
}
