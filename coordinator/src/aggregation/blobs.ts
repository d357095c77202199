import type { Blobs } from '../store/index.js';

/** What the checks read: content-addressed blobs, a range at a time. */
export type BlobReader = Pick<Blobs, 'size' | 'read'>;

/** What a fold needs besides: somewhere to write the next model to. */
export type AggregationBlobs = Pick<Blobs, 'size' | 'read' | 'writer'>;
