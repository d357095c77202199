import { sha256 } from '@consilium/shared/canonical';
import { fail } from '@consilium/shared/errors';
import type { BlobHash } from '@consilium/shared/ids';
import {
  type BlobPlace,
  type Blobs,
  type BlobWriter,
  blobChunkBytes,
  type SpoolClaim,
  type SpoolOwner,
  type Spools,
} from './blobs.js';
import { spoolHandle } from './spool-handle.js';

interface MemorySpool {
  readonly claim: SpoolClaim;
  bytes: Uint8Array;
  finished: boolean;
  end(): Promise<void>;
}

/** Blobs and spools that end with the process, under the same rules as those in a folder: for tests. */
export function memoryBlobs(): BlobPlace {
  const kept = new Map<BlobHash, Uint8Array>();
  const blobs = blobsIn(kept);
  const uploads = new Map<string, MemorySpool>();
  return { blobs, spools: spoolsIn(uploads, kept), close: async () => endAll(uploads) };
}

async function endAll(uploads: ReadonlyMap<string, MemorySpool>): Promise<void> {
  for (const upload of uploads.values()) await upload.end();
}

function blobsIn(kept: Map<BlobHash, Uint8Array>): Blobs {
  const find = (hash: BlobHash) => kept.get(hash) ?? fail('CSM-BLOB-MISSING', { hash });
  const writer = (): BlobWriter => {
    const parts: Uint8Array[] = [];
    let ended = false;
    const open = () => {
      if (ended) throw new Error('This blob writer has ended.');
    };
    return {
      async append(bytes) {
        open();
        parts.push(new Uint8Array(bytes));
      },
      async commit() {
        open();
        ended = true;
        const bytes = new Uint8Array(Buffer.concat(parts));
        const hash = sha256(bytes);
        kept.set(hash, bytes);
        return { hash, bytes: bytes.length };
      },
      async abort() {
        ended = true;
      },
    };
  };
  return {
    writer,
    has: async (hash) => kept.has(hash),
    size: async (hash) => find(hash).length,
    async read(hash, offset, length) {
      const blob = find(hash);
      const bytes = blob.length;
      if (offset < 0 || length < 0 || offset + length > bytes) fail('CSM-BLOB-RANGE', { hash, offset, length, bytes });
      return blob.slice(offset, offset + length);
    },
    async write(bytes) {
      const one = writer();
      await one.append(bytes);
      return (await one.commit()).hash;
    },
    async remove(hash) {
      kept.delete(hash);
    },
    async sweep(keep) {
      const before = new Map(kept);
      const wanted = await keep();
      const gone = [...before].filter(([hash, bytes]) => !wanted.has(hash) && kept.get(hash) === bytes);
      for (const [hash] of gone) kept.delete(hash);
      return gone.length;
    },
  };
}

function spoolsIn(uploads: Map<string, MemorySpool>, kept: Map<BlobHash, Uint8Array>): Spools {
  const nameOf = ({ site, run, step }: SpoolOwner) => `${site}/${run}/${step}`;
  return {
    async open(claim) {
      const name = nameOf(claim);
      const former = uploads.get(name);
      await former?.end();
      const same = former?.claim.hash === claim.hash && former.claim.bytes === claim.bytes ? former : undefined;
      const finished = same?.finished === true && kept.has(claim.hash);
      const whole = Math.floor((same?.bytes.length ?? 0) / blobChunkBytes) * blobChunkBytes;
      const spool: MemorySpool = {
        claim,
        bytes: same?.finished === true ? new Uint8Array() : (same?.bytes.slice(0, whole) ?? new Uint8Array()),
        finished,
        end: async () => {},
      };
      const handle = spoolHandle({
        claim,
        folder: 'memory',
        onEnd: () => {},
        file: {
          writer: finished ? null : writerOn(spool),
          mark: async () => {},
          async adopt() {
            kept.set(claim.hash, spool.bytes);
            spool.finished = true;
          },
          async remove() {
            if (uploads.get(name) === spool) uploads.delete(name);
          },
        },
      });
      spool.end = () => handle.close();
      uploads.set(name, spool);
      return handle;
    },
    list: async () => [...uploads.values()].map(({ claim, finished }) => ({ ...claim, finished })),
    async sweep(keep) {
      const gone = [...uploads].filter(([, { claim }]) => !keep(claim));
      for (const [name, upload] of gone) {
        await upload.end();
        uploads.delete(name);
      }
      return gone.length;
    },
  };
}

const writerOn = (spool: MemorySpool) => ({
  get offset() {
    return spool.bytes.length;
  },
  async append(bytes: Uint8Array) {
    spool.bytes = new Uint8Array(Buffer.concat([spool.bytes, bytes]));
  },
  digest: async () => sha256(spool.bytes),
  async seal() {},
  async close() {},
});
