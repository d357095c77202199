import type { BlobHash, RunId, SiteId, StepId } from '@consilium/shared/ids';

/** Plain bytes that are sealed together. A reader that keeps to multiples of it has each chunk opened once. */
export const blobChunkBytes = 2 ** 20;

/** Content-addressed bytes: a blob's name is the SHA-256 of its plain bytes. */
export interface Blobs {
  has(hash: BlobHash): Promise<boolean>;
  /** Plain bytes. @throws CSM-BLOB-MISSING, CSM-BLOB-DAMAGED */
  size(hash: BlobHash): Promise<number>;
  /**
   * Exactly `length` bytes from `offset`; only the chunks that hold them are read. The array is the caller's own.
   * @throws CSM-BLOB-MISSING, CSM-BLOB-DAMAGED, CSM-BLOB-RANGE
   */
  read(hash: BlobHash, offset: number, length: number): Promise<Uint8Array>;
  /** Keeps bytes; when this resolves they are on the disk. @throws CSM-BLOB-NO-SPACE */
  write(bytes: Uint8Array): Promise<BlobHash>;
  /** Keeps bytes that come in parts; nothing counts before `commit`. */
  writer(): BlobWriter;
  /** Forgets a blob; one that is not there is no fault. */
  remove(hash: BlobHash): Promise<void>;
  /**
   * Removes every blob that is not to be kept, but for those committed after this was called.
   * @param keep asked once, after the call: what the journal names and what is being checked just now
   * @returns how many were removed
   */
  sweep(keep: () => Promise<ReadonlySet<BlobHash>>): Promise<number>;
}

export interface BlobWriter {
  /** Takes the next bytes; the array is the caller's again when this resolves. @throws CSM-BLOB-NO-SPACE */
  append(bytes: Uint8Array): Promise<void>;
  /** Makes the blob count: flushed to the disk and under its name. @throws CSM-BLOB-NO-SPACE */
  commit(): Promise<{ readonly hash: BlobHash; readonly bytes: number }>;
  /** Drops what was written. Does nothing after `commit`. */
  abort(): Promise<void>;
}

/** Whose upload it is. A site sees its own spools alone. */
export interface SpoolOwner {
  readonly site: SiteId;
  readonly run: RunId;
  readonly step: StepId;
}

/** An upload as it was announced. */
export interface SpoolClaim extends SpoolOwner {
  readonly hash: BlobHash;
  readonly bytes: number;
}

export interface SpoolEntry extends SpoolClaim {
  /** The upload was complete and became a blob. */
  readonly finished: boolean;
}

/** Uploads under way; they outlive the process. */
export interface Spools {
  /**
   * Begins an upload or goes on with it. One owner has one spool: another hash drops the former one, and the newest
   * handle wins (an older one fails CSM-SPOOL-CLOSED).
   * @param onRead told of each chunk that is read again of what is there: of a large upload that may take minutes. What it throws
   * ends the opening
   */
  open(claim: SpoolClaim, onRead?: () => void): Promise<Spool>;
  /** All spools there are, finished ones too: what a sweep of the blobs must keep besides the journal's. */
  list(): Promise<readonly SpoolEntry[]>;
  /** Drops the spools that `keep` does not want any more. The blobs they became stay. @returns how many */
  sweep(keep: (owner: SpoolOwner) => boolean): Promise<number>;
}

export interface Spool {
  /** The spool holds all bytes below this. A finished one is at its end. */
  readonly offset: number;
  /**
   * Takes bytes that begin at `offset`. Bytes that are there already are passed over, so sending again does no harm.
   * @returns the new offset
   * @throws CSM-SPOOL-GAP, CSM-SPOOL-OVERRUN, CSM-SPOOL-CLOSED, CSM-BLOB-NO-SPACE
   */
  write(offset: number, bytes: Uint8Array): Promise<number>;
  /**
   * Checks the digest and turns the spool into a blob; again gives the same.
   * @throws CSM-SPOOL-INCOMPLETE, CSM-SPOOL-DIGEST (the spool is dropped), CSM-SPOOL-CLOSED, CSM-BLOB-NO-SPACE
   */
  finish(): Promise<BlobHash>;
  /** Drops what was received. */
  discard(): Promise<void>;
  /** Lets go of the spool; whole chunks stay for the next `open`. */
  close(): Promise<void>;
}

/** Blobs and spools of one place. */
export interface BlobPlace {
  readonly blobs: Blobs;
  readonly spools: Spools;
  /** Closes every file. Spools stay as they are. */
  close(): Promise<void>;
}
