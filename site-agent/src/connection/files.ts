import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { sha256 } from '@consilium/shared/canonical';
import type { BlobHash } from '@consilium/shared/ids';
import { type Disk, realDisk, withDisk } from '../config/index.js';
import type { Sink, Source } from './transfer.js';

const pieceBytes = 2 ** 20;

/** Bytes in memory as a source. */
export const memorySource = (bytes: Uint8Array): Source => ({
  bytes: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

/** Bytes that a blob arrives in. */
export function memorySink(): Sink & { bytes(): Uint8Array } {
  const pieces: Uint8Array[] = [];
  const bytes = () => Buffer.concat(pieces);
  return {
    bytes,
    offset: async () => bytes().length,
    write: async (_, piece) => void pieces.push(Uint8Array.from(piece)),
    digest: async () => sha256(bytes()),
    discard: async () => void pieces.splice(0),
  };
}

/** A file as a source. `close` it at the end. @throws CSM-AGENT-DISK, as all that it does */
export const fileSource = (path: string): Promise<Source & { close(): Promise<void> }> =>
  withDisk(path, async () => {
    const file = await open(path, 'r');
    let piece: Uint8Array = Buffer.alloc(0);
    return {
      bytes: (await file.stat()).size,
      read(offset, length) {
        if (piece.length < length) piece = Buffer.allocUnsafeSlow(length);
        return withDisk(path, () => readExactly(file, offset, piece.subarray(0, length)));
      },
      close: () => withDisk(path, () => file.close()),
    };
  });

/** SHA-256 of a file's bytes. @throws CSM-AGENT-DISK */
export const digestOf = (path: string): Promise<BlobHash> =>
  withDisk(path, async () => {
    const file = await open(path, 'r');
    try {
      const hash = createHash('sha256');
      const { size } = await file.stat();
      await update(hash, file, size);
      return hash.digest('hex') as BlobHash;
    } finally {
      await file.close();
    }
  });

/**
 * A file that a blob arrives in (mode 0600). What an earlier process left of it counts, so the same path must always
 * stand for the same blob. The digest is kept as bytes come; only an old first part is read again. `close` it at the end.
 * A full disk may take half of what it is given: bytes go to their own place, so that the next try writes over that half.
 * @throws CSM-AGENT-DISK, as all that it does
 */
export const fileSink = (path: string, disk: Disk = realDisk): Promise<Sink & { close(): Promise<void> }> =>
  withDisk(path, async () => {
    const file = await disk.open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    let { size } = await file.stat();
    let hash = createHash('sha256');
    await update(hash, file, size);
    return {
      offset: async () => size,
      async write(offset, bytes) {
        if (offset !== size) throw new RangeError('a sink takes bytes in order');
        await withDisk(path, () => writeExactly(file, offset, bytes));
        hash.update(bytes);
        size += bytes.length;
      },
      async digest() {
        await withDisk(path, () => file.sync());
        return hash.copy().digest('hex') as BlobHash;
      },
      async discard() {
        await withDisk(path, () => file.truncate(0));
        hash = createHash('sha256');
        size = 0;
      },
      close: () => withDisk(path, () => file.close()),
    };
  });

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

/** Puts all of `bytes` at `offset`. */
async function writeExactly(file: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
  }
}
