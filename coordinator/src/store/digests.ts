import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type BlobHash, blobHash } from '@consilium/shared/ids';
import { blobChunkBytes } from './blobs.js';
import { type DigestThread, startDigestThread } from './digest-thread.js';

/** SHA-256 of bytes that come in parts. One call at a time. */
export interface Digest {
  /** Takes the next bytes, at most one chunk; the array is the caller's again when this resolves. */
  update(bytes: Uint8Array): Promise<void>;
  /** The digest of all that was taken and then `rest`. More may be taken afterwards. */
  of(rest: Uint8Array): Promise<BlobHash>;
  /** Forgets it. */
  end(): void;
}

export interface Digests {
  /** @param announced bytes to come, where that is known */
  begin(announced: number): Digest;
  close(): Promise<void>;
}

/** Less than this is digested at once: waking another thread costs more. */
const largeBytes = 4 * blobChunkBytes;
const mostThreads = 4;

/**
 * Digests of large blobs are made on threads of their own, beside the loop that talks to the sites: without instructions for it,
 * SHA-256 takes longer than all else that an upload needs. Threads start when they are first needed.
 */
export function openDigests(): Digests {
  const threads: DigestThread[] = [];
  const limit = Math.max(1, Math.min(mostThreads, availableParallelism() - 1));

  /** The least busy one; a new one while all are busy. */
  function thread(): DigestThread {
    for (const dead of threads.filter(({ isDead }) => isDead())) threads.splice(threads.indexOf(dead), 1);
    const idlest = threads.toSorted((a, b) => a.digests() - b.digests())[0];
    if (idlest !== undefined && (idlest.digests() === 0 || threads.length >= limit)) return idlest;
    const fresh = startDigestThread();
    threads.push(fresh);
    return fresh;
  }

  return {
    begin: (announced) => (announced < largeBytes ? digestHere() : thread().begin()),
    async close() {
      await Promise.all(threads.map((one) => one.close()));
    },
  };
}

function digestHere(): Digest {
  const hash = createHash('sha256');
  return {
    async update(bytes) {
      hash.update(bytes);
    },
    of: async (rest) => blobHash.parse(hash.copy().update(rest).digest('hex')),
    end: () => {},
  };
}
