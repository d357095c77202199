import type { BlobHash } from '@consilium/shared/ids';
import { freeNow } from '@consilium/shared/memory';
import type { BlobSource } from './ports.js';

/** One download's view of a blob that others may be fetching, too. */
export interface SharedBlob {
  /** Reads a piece and hands it over for as long as `work` runs: others may have the same bytes. */
  use<Result>(offset: number, length: number, work: (bytes: Uint8Array) => Result): Promise<Result>;
  close(): void;
}

/** Blobs of which each piece is read once for all that fetch it at about the same time. */
export interface SharedReads {
  size(hash: BlobHash): Promise<number>;
  open(hash: BlobHash): SharedBlob;
}

interface Piece {
  readonly hash: BlobHash;
  readonly bytes: Promise<Uint8Array>;
  users: number;
}

/**
 * Sites fetch the same model at the same time, and opening what is sealed at rest costs as much as sealing it for one of them.
 * So the newest pieces are kept, of all blobs together, until the last download of their blob ends.
 * @param keptPieces how many
 */
export function shareReads(blobs: BlobSource, keptPieces: number): SharedReads {
  const kept = new Map<string, Piece>();
  const readers = new Map<BlobHash, number>();

  function drop(key: string, piece: Piece): void {
    if (kept.get(key) === piece) kept.delete(key);
    freeIfUnused(key, piece);
  }

  function freeIfUnused(key: string, piece: Piece): void {
    if (piece.users === 0 && kept.get(key) !== piece) void piece.bytes.then(freeNow, () => {});
  }

  function pieceOf(key: string, read: () => Promise<Uint8Array>, hash: BlobHash): Piece {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const piece: Piece = { hash, bytes: read(), users: 0 };
    kept.set(key, piece);
    const [oldest] = kept;
    if (kept.size > keptPieces && oldest !== undefined) drop(...oldest);
    return piece;
  }

  return {
    size: blobs.size,
    open(hash) {
      readers.set(hash, (readers.get(hash) ?? 0) + 1);
      let open = true;
      return {
        async use(offset, length, work) {
          const key = `${hash} ${offset} ${length}`;
          const piece = pieceOf(key, () => blobs.read(hash, offset, length), hash);
          piece.users++;
          try {
            return work(await piece.bytes);
          } catch (error) {
            // What failed is read anew the next time: it may have been mended.
            if (kept.get(key) === piece) kept.delete(key);
            throw error;
          } finally {
            piece.users--;
            freeIfUnused(key, piece);
          }
        },
        close() {
          if (!open) return;
          open = false;
          const left = (readers.get(hash) ?? 1) - 1;
          if (left > 0) {
            readers.set(hash, left);
            return;
          }
          readers.delete(hash);
          for (const [key, piece] of [...kept]) if (piece.hash === hash) drop(key, piece);
        },
      };
    },
  };
}
