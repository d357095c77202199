import { createHash } from 'node:crypto';
import { type BlobHash, blobHash } from '../ids.js';

/** A file of an export: its hash, and those of its pieces, so that whoever finds it altered can say where. */
export interface FileDigest {
  readonly sha256: BlobHash;
  readonly bytes: number;
  /** Of a file longer than one piece: how long each is (the last may be shorter), and the SHA-256 of each. */
  readonly pieces?: { readonly bytes: number; readonly sha256: readonly BlobHash[] };
}

const leastPieceBytes = 4096;
const mostPieces = 256;

/** How long the pieces of a file are: a multiple of 4 KiB, so that there are at most 256. */
export const pieceBytesOf = (bytes: number): number =>
  Math.max(1, Math.ceil(bytes / mostPieces / leastPieceBytes)) * leastPieceBytes;

/**
 * Hashes a file as it is read, in pieces of this length.
 * @param chunks all bytes of the file, cut anywhere
 */
export async function digestFile(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  pieceBytes: number,
): Promise<FileDigest> {
  const whole = createHash('sha256');
  const pieces: BlobHash[] = [];
  let piece = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks) {
    whole.update(chunk);
    for (let start = 0; start < chunk.length; ) {
      const end = Math.min(chunk.length, start + pieceBytes - (bytes % pieceBytes));
      piece.update(chunk.subarray(start, end));
      bytes += end - start;
      start = end;
      if (bytes % pieceBytes > 0) continue;
      pieces.push(blobHash.parse(piece.digest('hex')));
      piece = createHash('sha256');
    }
  }
  if (bytes % pieceBytes > 0) pieces.push(blobHash.parse(piece.digest('hex')));
  const sha256 = blobHash.parse(whole.digest('hex'));
  return pieces.length > 1 ? { sha256, bytes, pieces: { bytes: pieceBytes, sha256: pieces } } : { sha256, bytes };
}
