import { asCoded, type CodedError, coded, fail } from '@consilium/shared/errors';
import { frameBytes, type Open, sendable, transferIdleMs, windowBytes } from '@consilium/shared/wire';
import type { Admission, Place } from './admission.js';
import type { GatewayHandlers } from './ports.js';
import type { SharedBlob, SharedReads } from './shared-reads.js';
import { isFrameEnd, isOwnFault, type OnOwnFault, type Transfer, type TransferLine } from './transfer.js';

export interface DownloadServices {
  readonly reads: SharedReads;
  readonly admission: Admission;
  readonly mayDownload: GatewayHandlers['mayDownload'];
  readonly onMoved: GatewayHandlers['onMoved'];
  readonly onOwnFault: OnOwnFault;
}

/**
 * Serves one blob from an offset on: asks whether the site may have it, waits for a place, answers with the size, then
 * sends as much as the site's acknowledgements allow. Frames end at multiples of `frameBytes`, as chunks on disk do.
 */
export function serveDownload(request: Open, line: TransferLine, services: DownloadServices): Transfer {
  const { transfer, run, step, hash } = request;
  const life = new AbortController();
  let place: Place | null = null;
  let blob: SharedBlob | null = null;
  let sent = request.bytes;
  let acked = request.bytes;
  let size = 0;
  let wake: () => void = () => {};

  function stop(error: CodedError | null): void {
    if (life.signal.aborted) return;
    life.abort(error);
    if (error !== null) line.send({ type: 'abort', transfer, error: sendable(error) });
    if (error !== null && isOwnFault(error)) services.onOwnFault(line.site, error);
    place?.release();
    blob?.close();
    wake();
  }

  const onIdle = () => stop(coded('CSM-TRANSFER-IDLE', { seconds: transferIdleMs / 1000 }));
  const malformed = () => stop(coded('CSM-WIRE-MALFORMED', { path: 'transfer' }));

  async function serve(): Promise<void> {
    if (!(await services.mayDownload(line.site, hash))) fail('CSM-ACCESS-BLOB', { hash });
    if (life.signal.aborted) return;
    size = await services.reads.size(hash);
    if (request.bytes > size) fail('CSM-TRANSFER-OFFSET', { got: request.bytes, expected: size });
    const wanted = Math.min(windowBytes, request.window, size - sent);
    const claim = { site: line.site, direction: 'download', bytes: wanted } as const;
    const held = await services.admission.enter(claim, onIdle, life.signal);
    if (life.signal.aborted) {
      held.release();
      return;
    }
    place = held;
    blob = services.reads.open(hash);
    const window = Math.max(held.window, frameBytes);
    line.send({ type: 'opened', transfer, bytes: size, window });
    while (sent < size && !life.signal.aborted) {
      const length = Math.min(frameBytes - (sent % frameBytes), size - sent);
      if (sent + length - acked > window) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      await blob.use(sent, length, (bytes) => {
        if (!life.signal.aborted) line.sendFrame({ transfer, offset: sent, bytes });
      });
      sent += length;
    }
    while (acked < size && !life.signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    stop(null);
  }

  return {
    ended: serve().catch((thrown: unknown) => stop(asCoded(thrown))),
    stop,
    ack(offset) {
      if (life.signal.aborted) return;
      // Frames are taken in whole: a byte now and then is no progress.
      if (offset <= acked || offset > sent || !isFrameEnd(offset, size)) {
        stop(coded('CSM-TRANSFER-OFFSET', { got: offset, expected: sent }));
        return;
      }
      place?.touch();
      services.onMoved(line.site, { run, step, hash, offset });
      acked = offset;
      wake();
    },
    frame: malformed,
    commit: malformed,
  };
}
