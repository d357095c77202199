import { createHash } from 'node:crypto';
import { sha256 } from '@consilium/shared/canonical';
import { fail } from '@consilium/shared/errors';
import { type BlobHash, blobHash } from '@consilium/shared/ids';
import type { Blobs, BlobWriter } from '../store/index.js';
import type { ExportFolder } from './folder.js';

/** The files of an export as blobs, by their hashes. What is written is hashed and forgotten. */
export function exportedBlobs(folder: ExportFolder, files: ReadonlyMap<BlobHash, string>): Blobs {
  const nameOf = (hash: BlobHash): string => files.get(hash) ?? fail('CSM-BLOB-MISSING', { hash });
  const writer = (): BlobWriter => {
    const digest = createHash('sha256');
    let bytes = 0;
    return {
      async append(part) {
        digest.update(part);
        bytes += part.length;
      },
      commit: async () => ({ hash: blobHash.parse(digest.digest('hex')), bytes }),
      abort: async () => {},
    };
  };
  return {
    writer,
    has: async (hash) => files.has(hash),
    size: async (hash) => folder.size(nameOf(hash)),
    async read(hash, offset, length) {
      const bytes = await folder.read(nameOf(hash), offset, length);
      return bytes.length === length ? bytes : fail('CSM-BLOB-RANGE', { hash, offset, length, bytes: bytes.length });
    },
    write: async (bytes) => sha256(bytes),
    remove: async () => {},
    sweep: async () => 0,
  };
}
