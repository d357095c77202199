import type { BlobHash } from '@consilium/shared/ids';

/** What aggregation reads: content-addressed blobs, a range at a time. */
export interface BlobReader {
  size(hash: BlobHash): Promise<number>;
  read(hash: BlobHash, offset: number, length: number): Promise<Uint8Array>;
}

/** A blob on its way into the store. Bytes given to `append` are the writer's from then on. */
export interface BlobWriter {
  append(bytes: Uint8Array): Promise<void> | void;
  commit(): Promise<{ readonly hash: BlobHash; readonly bytes: number }>;
  abort(): Promise<void> | void;
}

/** What aggregation needs of the blob store; the store's own `Blobs` has it. */
export interface AggregationBlobs extends BlobReader {
  writer(): Promise<BlobWriter> | BlobWriter;
}
