import { chunkOverheadBytes, openChunk, sealChunk } from '@consilium/shared/crypto';
import { blobChunkBytes } from './blobs.js';

/**
 * A sealed file: header (8 bytes of format, 24 random bytes that name the file), chunks of 1 MiB each sealed under the
 * data key and bound to file and place, and a sealed footer (plain size as u64 LE, SHA-256 of the plain bytes).
 * A file without a footer is a spool.
 */
export const headerBytes = 32;
const format = Buffer.from('CSMSEAL1', 'latin1');
const plainFooterBytes = 40;
export const footerBytes = plainFooterBytes + chunkOverheadBytes;
export const sealedChunkBytes = blobChunkBytes + chunkOverheadBytes;
/** No file has this many chunks. */
const footerIndex = 2 ** 40;

/** Seals and opens the parts of one file; bound to the file's own name, so that parts cannot move between files. */
export interface ChunkSeal {
  seal(index: number, bytes: Uint8Array): Uint8Array;
  /** Undefined when the bytes are not what was sealed. */
  open(index: number, bytes: Uint8Array): Uint8Array | undefined;
}

export type Random = (bytes: number) => Uint8Array;

export function newHeader(random: Random): Uint8Array {
  return Buffer.concat([format, random(headerBytes - format.length)]);
}

/** The seal of the file with this header; undefined when it is none of ours. */
export function sealOf(dataKey: Uint8Array, header: Uint8Array): ChunkSeal | undefined {
  if (header.length !== headerBytes || !format.equals(header.subarray(0, format.length))) return undefined;
  const context = `blob-file:${Buffer.from(header.subarray(format.length)).toString('hex')}`;
  return {
    seal: (index, bytes) => sealChunk(dataKey, context, index, bytes),
    open: (index, bytes) => {
      try {
        return openChunk(dataKey, context, index, bytes);
      } catch {
        return undefined;
      }
    },
  };
}

/** Where a chunk begins in its file. */
export const chunkPosition = (index: number): number => headerBytes + index * sealedChunkBytes;

/** Plain bytes of a chunk of a file that holds `bytes`. */
export const plainChunkBytes = (index: number, bytes: number): number =>
  Math.min(blobChunkBytes, bytes - index * blobChunkBytes);

/** Where the footer of a file with so many plain bytes begins. */
export const footerPosition = (bytes: number): number =>
  headerBytes + bytes + Math.ceil(bytes / blobChunkBytes) * chunkOverheadBytes;

export function sealFooter(seal: ChunkSeal, bytes: number, hash: string): Uint8Array {
  const footer = Buffer.alloc(plainFooterBytes);
  footer.writeBigUInt64LE(BigInt(bytes));
  footer.write(hash, 8, 'hex');
  return seal.seal(footerIndex, footer);
}

export function openFooter(
  seal: ChunkSeal,
  sealed: Uint8Array,
): { readonly bytes: number; readonly hash: string } | undefined {
  const opened = seal.open(footerIndex, sealed);
  if (opened?.length !== plainFooterBytes) return undefined;
  const footer = Buffer.from(opened.buffer, opened.byteOffset, opened.byteLength);
  return { bytes: Number(footer.readBigUInt64LE()), hash: footer.toString('hex', 8) };
}
