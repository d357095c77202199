import { CodedError, fail } from '@consilium/shared/errors';
import type { BlobHash, RunId, StepId } from '@consilium/shared/ids';
import { freeNow } from '@consilium/shared/memory';
import { frameBytes, maxFetchedBytes, windowBytes } from '@consilium/shared/wire';
import type { TransferLine } from './transfer-line.js';

/** Bytes to send. They must not change while they are sent; what a read gives is used until the next one. */
export interface Source {
  readonly bytes: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Where a blob arrives. It may hold a first part from an earlier try, also of an earlier process. */
export interface Sink {
  /** Bytes that are there already. */
  offset(): Promise<number>;
  /** Takes the next bytes. The array is gone once this resolves. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** SHA-256 of all bytes, which are on the disk by then. */
  digest(): Promise<BlobHash>;
  /** Drops what is there. */
  discard(): Promise<void>;
}

/** A blob and the step that it belongs to. */
export interface BlobRef {
  readonly run: RunId;
  readonly step: StepId;
  readonly hash: BlobHash;
}

export type Progress = (done: number, total: number) => void;

/** Sends a blob over one link, from where the coordinator's spool ends; resolves when the coordinator keeps it. */
export async function sendBlob(line: TransferLine, blob: BlobRef, source: Source, progress: Progress): Promise<void> {
  const { bytes: size } = source;
  line.open({ direction: 'upload', ...blob, bytes: size, window: windowBytes });
  const { bytes: start, window } = await line.expect('opened');
  if (start > size) fail('CSM-TRANSFER-OFFSET', { got: start, expected: size });
  let sent = start;
  let acked = start;
  progress(acked, size);
  while (acked < size) {
    for (let length = piece(sent, size); length > 0 && sent + length - acked <= window; length = piece(sent, size)) {
      line.frame(sent, await source.read(sent, length));
      sent += length;
    }
    const { offset } = await line.expect('ack');
    if (offset < acked || offset > sent) fail('CSM-TRANSFER-OFFSET', { got: offset, expected: sent });
    acked = offset;
    progress(acked, size);
  }
  line.commit();
  await line.expect('committed');
}

/**
 * Fetches a blob over one link, from where the sink ends, and checks its digest. A sink that does not match is emptied.
 * @throws CSM-AGENT-BLOB-SIZE before anything is written
 */
export async function fetchBlob(
  line: TransferLine,
  blob: BlobRef,
  sink: Sink,
  progress: Progress,
  maxBytes = maxFetchedBytes,
): Promise<number> {
  let received = await sink.offset();
  line.open({ direction: 'download', ...blob, bytes: received, window: windowBytes });
  const { bytes: size } = await line.expect('opened').catch(async (thrown: unknown) => {
    // More lies here than the blob has: no part of it can be trusted.
    if (thrown instanceof CodedError && thrown.code === 'CSM-TRANSFER-OFFSET') await sink.discard();
    throw thrown;
  });
  if (size > maxBytes) fail('CSM-AGENT-BLOB-SIZE', { hash: blob.hash, bytes: size, limit: maxBytes });
  progress(received, size);
  while (received < size) {
    const { offset, bytes } = await line.expect('frame');
    if (offset !== received || bytes.length === 0 || offset + bytes.length > size) {
      fail('CSM-TRANSFER-OFFSET', { got: offset, expected: received });
    }
    await sink.write(offset, bytes);
    received += bytes.length;
    freeNow(bytes);
    line.ack(received);
    progress(received, size);
  }
  if ((await sink.digest()) === blob.hash) return size;
  await sink.discard();
  return fail('CSM-TRANSFER-DIGEST', { hash: blob.hash });
}

/** Frames end at multiples of `frameBytes`, as chunks on the coordinator's disk do. */
const piece = (offset: number, size: number): number => Math.min(frameBytes - (offset % frameBytes), size - offset);
