import type { BlobHash } from '@consilium/shared/ids';
import { freeNow } from '@consilium/shared/memory';
import { blobChunkBytes } from './blobs.js';
import type { Digest, Digests } from './digests.js';
import { all, type Disk, type FileHandle, readUpTo, writeAll } from './disk.js';
import {
  type ChunkSeal,
  chunkPosition,
  footerPosition,
  headerBytes,
  newHeader,
  type Random,
  sealedChunkBytes,
  sealFooter,
  sealOf,
} from './sealed-format.js';

/**
 * Writes plain bytes as a sealed file and hashes them on the way. One call at a time.
 * After a call that failed only `close` makes sense: what stands in the file is found by opening it again.
 */
export interface SealedWriter {
  /** Plain bytes taken. */
  readonly offset: number;
  append(bytes: Uint8Array): Promise<void>;
  /** SHA-256 of what was taken. */
  digest(): Promise<BlobHash>;
  /** Writes the rest and the footer, and flushes all to the disk. */
  seal(): Promise<void>;
  close(): Promise<void>;
}

interface Place {
  readonly disk: Disk;
  readonly dataKey: Uint8Array;
  readonly path: string;
  readonly random: Random;
  readonly digests: Digests;
}

/**
 * Begins a sealed file.
 * @param announced plain bytes that the file is to hold, where that is known
 */
export async function createSealed(
  { disk, dataKey, path, random, digests }: Place,
  announced = Number.POSITIVE_INFINITY,
): Promise<SealedWriter> {
  const header = newHeader(random);
  const seal = sealOf(dataKey, header) as ChunkSeal;
  const handle = await disk.open(path, 'w', 0o600);
  try {
    await writeAll(handle, header, 0);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return writerOn(handle, seal, digests.begin(announced), { wholeChunks: 0, announced });
}

/**
 * Goes on with a sealed file that was left unfinished: whole chunks count, a torn or damaged one and all after it are
 * cut off. Undefined when there is nothing to go on with.
 * @param announced plain bytes that the file is to hold; more is a leftover and cut off too
 * @param onRead told of each chunk that counts; what it throws ends the reading
 */
export async function resumeSealed(
  place: Omit<Place, 'random'>,
  announced: number,
  onRead: () => void = () => {},
): Promise<SealedWriter | undefined> {
  const handle = await place.disk.open(place.path, 'r+');
  const digest = place.digests.begin(announced);
  try {
    const seal = sealOf(place.dataKey, await readUpTo(handle, 0, headerBytes));
    if (seal !== undefined) {
      let chunks = 0;
      while ((chunks + 1) * blobChunkBytes <= announced) {
        const plain = seal.open(chunks, await readUpTo(handle, chunkPosition(chunks), sealedChunkBytes));
        if (plain === undefined) break;
        await digest.update(plain);
        freeNow(plain);
        chunks += 1;
        onRead();
      }
      await handle.truncate(chunkPosition(chunks));
      return writerOn(handle, seal, digest, { wholeChunks: chunks, announced });
    }
  } catch (error) {
    digest.end();
    await handle.close();
    throw error;
  }
  digest.end();
  await handle.close();
  return undefined;
}

function writerOn(
  handle: FileHandle,
  seal: ChunkSeal,
  hash: Digest,
  { wholeChunks, announced }: { readonly wholeChunks: number; readonly announced: number },
): SealedWriter {
  let chunks = wholeChunks;
  let tail: Uint8Array | null = null;
  let tailBytes = 0;

  const writeChunk = async (plain: Uint8Array): Promise<void> => {
    const sealed = seal.seal(chunks, plain);
    // The disk works while the digest is made.
    const writing = writeAll(handle, sealed, chunkPosition(chunks));
    await all([writing, hash.update(plain)]);
    freeNow(sealed);
    if (plain.length === blobChunkBytes) chunks += 1;
  };

  const offset = () => chunks * blobChunkBytes + tailBytes;
  // Asked for before the file is sealed, and again for its footer: of a small blob that is all of it.
  let known: { readonly offset: number; readonly digest: BlobHash } | null = null;
  const digest = async (): Promise<BlobHash> => {
    if (known?.offset !== offset()) {
      known = { offset: offset(), digest: await hash.of((tail ?? nothing).subarray(0, tailBytes)) };
    }
    return known.digest;
  };

  return {
    get offset() {
      return offset();
    },
    digest,
    async append(bytes) {
      for (let done = 0; done < bytes.length; ) {
        if (tailBytes === 0 && bytes.length - done >= blobChunkBytes) {
          await writeChunk(bytes.subarray(done, done + blobChunkBytes));
          done += blobChunkBytes;
          continue;
        }
        // A thousand small uploads at once must not take a thousand whole chunks.
        tail ??= Buffer.allocUnsafeSlow(Math.min(blobChunkBytes, Math.max(announced - offset(), bytes.length - done)));
        const part = bytes.subarray(done, done + blobChunkBytes - tailBytes);
        tail.set(part, tailBytes);
        tailBytes += part.length;
        done += part.length;
        if (tailBytes === blobChunkBytes) {
          tailBytes = 0;
          await writeChunk(tail);
        }
      }
    },
    async seal() {
      const footer = sealFooter(seal, offset(), await digest());
      if (tail !== null && tailBytes > 0) {
        await writeAll(handle, seal.seal(chunks, tail.subarray(0, tailBytes)), chunkPosition(chunks));
      }
      await writeAll(handle, footer, footerPosition(offset()));
      await handle.sync();
    },
    close() {
      hash.end();
      return handle.close();
    },
  };
}

const nothing = new Uint8Array();
