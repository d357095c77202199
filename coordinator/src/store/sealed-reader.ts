import { chunkOverheadBytes } from '@consilium/shared/crypto';
import { coded, fail } from '@consilium/shared/errors';
import type { BlobHash } from '@consilium/shared/ids';
import { freeNow } from '@consilium/shared/memory';
import { blobChunkBytes } from './blobs.js';
import { type Disk, hasCode, readUpTo } from './disk.js';
import {
  chunkPosition,
  footerBytes,
  footerPosition,
  headerBytes,
  openFooter,
  plainChunkBytes,
  sealedChunkBytes,
  sealOf,
} from './sealed-format.js';

/** Buffers for sealed chunks: fresh memory for each costs as much as the read. */
export interface ChunkBuffers {
  take(): Uint8Array;
  giveBack(buffer: Uint8Array): void;
}

/** Reads that run at once beyond this get fresh memory. */
const keptBuffers = 4;

export function chunkBuffers(): ChunkBuffers {
  const free: Uint8Array[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(sealedChunkBytes),
    giveBack(buffer) {
      if (free.length < keptBuffers) free.push(buffer);
    },
  };
}

/** An open sealed file. */
export interface SealedReader {
  /** Plain bytes. */
  readonly bytes: number;
  /** @throws CSM-BLOB-RANGE, CSM-BLOB-DAMAGED */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a blob's file. What it gives is what was sealed under this hash, or an error: never other bytes.
 * @throws CSM-BLOB-MISSING, CSM-BLOB-DAMAGED
 */
export async function openSealed(
  {
    disk,
    dataKey,
    path,
    buffers,
  }: { readonly disk: Disk; readonly dataKey: Uint8Array; readonly path: string; readonly buffers: ChunkBuffers },
  hash: BlobHash,
): Promise<SealedReader> {
  const handle = await disk.open(path, 'r').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) throw coded('CSM-BLOB-MISSING', { hash });
    throw error;
  });
  const damaged = () => coded('CSM-BLOB-DAMAGED', { hash });
  const bytesAt = async (position: number, length: number, into?: Uint8Array): Promise<Uint8Array> => {
    try {
      return await readUpTo(handle, position, length, into);
    } catch (error) {
      if (hasCode(error, 'EIO')) throw coded('CSM-BLOB-DAMAGED', { hash }, { cause: error });
      throw error;
    }
  };

  try {
    const { size } = await handle.stat();
    const seal = sealOf(dataKey, await bytesAt(0, headerBytes));
    if (seal === undefined || size < headerBytes + footerBytes) throw damaged();
    const footer = openFooter(seal, await bytesAt(size - footerBytes, footerBytes));
    if (footer === undefined || footer.hash !== hash || footerPosition(footer.bytes) + footerBytes !== size) {
      throw damaged();
    }
    const { bytes } = footer;

    const chunk = async (index: number): Promise<Uint8Array> => {
      const plainBytes = plainChunkBytes(index, bytes);
      const buffer = buffers.take();
      try {
        const sealed = await bytesAt(chunkPosition(index), plainBytes + chunkOverheadBytes, buffer);
        const plain = seal.open(index, sealed);
        if (plain?.length !== plainBytes) throw damaged();
        return plain;
      } finally {
        buffers.giveBack(buffer);
      }
    };

    // The chunk in which the last read ended: the next one mostly goes on there.
    let kept: { readonly index: number; readonly plain: Uint8Array } | null = null;

    return {
      bytes,
      async read(offset, length) {
        if (offset < 0 || length < 0 || offset + length > bytes)
          fail('CSM-BLOB-RANGE', { hash, offset, length, bytes });
        const first = Math.floor(offset / blobChunkBytes);
        // A whole chunk that nobody else has: no need for a copy.
        if (
          length > 0 &&
          offset === first * blobChunkBytes &&
          length === plainChunkBytes(first, bytes) &&
          kept?.index !== first
        ) {
          const plain = await chunk(first);
          return new Uint8Array(plain.buffer, plain.byteOffset, length);
        }
        const result = new Uint8Array(length);
        for (let done = 0; done < length; ) {
          const index = Math.floor((offset + done) / blobChunkBytes);
          const plain = kept?.index === index ? kept.plain : await chunk(index);
          const start = offset + done - index * blobChunkBytes;
          const part = plain.subarray(start, start + length - done);
          result.set(part, done);
          done += part.length;
          if (start + part.length < plain.length) {
            kept = { index, plain };
          } else {
            if (kept?.index === index) kept = null;
            freeNow(plain);
          }
        }
        return result;
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
