import type { TransferFrame } from '@consilium/shared/crypto';
import { asCoded, type CodedError, coded, fail } from '@consilium/shared/errors';
import { freeNow } from '@consilium/shared/memory';
import { frameBytes, type Open, sendable, transferIdleMs, windowBytes } from '@consilium/shared/wire';
import type { Admission, Place } from './admission.js';
import type { GatewayHandlers, OpenSpool, SpoolPlace } from './ports.js';
import { isFrameEnd, isOwnFault, type OnOwnFault, type Transfer, type TransferLine } from './transfer.js';

export interface UploadServices {
  readonly spools: SpoolPlace;
  readonly admission: Admission;
  readonly mayUpload: GatewayHandlers['mayUpload'];
  readonly onMoved: GatewayHandlers['onMoved'];
  /** Told of an upload that goes on where an earlier one stopped. */
  readonly onResumed: () => void;
  readonly onOwnFault: OnOwnFault;
}

/**
 * Takes in one blob: asks whether the site may send it, waits for a place, opens the spool, answers with the offset to
 * go on from, then writes frame after frame. A frame is acknowledged once the spool has it.
 */
export function receiveUpload(request: Open, line: TransferLine, services: UploadServices): Transfer {
  const { transfer, run, step, hash, bytes } = request;
  const life = new AbortController();
  let finishEnding: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    finishEnding = resolve;
  });
  let place: Place | null = null;
  let spool: OpenSpool | null = null;
  let received = 0;
  let written = 0;
  let tail: Promise<void> = Promise.resolve();

  function stop(error: CodedError | null): void {
    if (life.signal.aborted) return;
    life.abort(error);
    if (error !== null) line.send({ type: 'abort', transfer, error: sendable(error) });
    if (error !== null && isOwnFault(error)) services.onOwnFault(line.site, error);
    place?.release();
    const closed = tail.then(() => spool?.close());
    void closed.catch(() => {}).then(finishEnding);
  }

  function queue(work: () => Promise<void>): void {
    tail = tail
      .then(async () => {
        if (!life.signal.aborted) await work();
      })
      .catch((thrown: unknown) => stop(asCoded(thrown)));
  }

  const onIdle = () => stop(coded('CSM-TRANSFER-IDLE', { seconds: transferIdleMs / 1000 }));

  queue(async () => {
    const allowed = await services.mayUpload(line.site, { run, step, hash, bytes });
    if (allowed !== true) throw allowed;
    const wanted = {
      site: line.site,
      direction: 'upload',
      bytes: Math.min(windowBytes, request.window, bytes),
    } as const;
    place = await services.admission.enter(wanted, onIdle, life.signal);
    if (life.signal.aborted) {
      place.release();
      return;
    }
    const { touch } = place;
    spool = await services.spools.open({ site: line.site, run, step, hash, bytes }, () => {
      // The site may be back already, and its next try waits until this one has let go of the file.
      if (life.signal.aborted) fail('CSM-TRANSFER-CLOSED');
      touch();
    });
    if (life.signal.aborted) return;
    if (spool.offset > 0 && spool.offset < bytes) services.onResumed();
    received = spool.offset;
    written = spool.offset;
    line.send({ type: 'opened', transfer, bytes: written, window: Math.max(place.window, frameBytes) });
  });

  async function keep(frame: TransferFrame): Promise<void> {
    if (spool === null) return;
    written = await spool.write(frame.offset, frame.bytes);
    freeNow(frame.bytes);
    place?.touch();
    services.onMoved(line.site, { run, step, hash, offset: written });
    line.send({ type: 'ack', transfer, offset: written });
  }

  return {
    ended,
    stop,
    frame(frame) {
      if (life.signal.aborted) return;
      const end = frame.offset + frame.bytes.length;
      if (spool === null || place === null || frame.offset !== received) {
        stop(coded('CSM-TRANSFER-OFFSET', { got: frame.offset, expected: received }));
        return;
      }
      const limit = Math.min(bytes, written + Math.max(place.window, frameBytes));
      if (frame.bytes.length === 0 || frame.bytes.length > frameBytes || end > limit) {
        stop(coded('CSM-TRANSFER-WINDOW'));
        return;
      }
      // A frame of a few bytes would cost this machine as much as a whole one.
      if (!isFrameEnd(end, bytes)) {
        const expected = Math.min(bytes, end + frameBytes - (end % frameBytes));
        stop(coded('CSM-TRANSFER-OFFSET', { got: end, expected }));
        return;
      }
      place.touch();
      received = end;
      queue(() => keep(frame));
    },
    commit() {
      queue(async () => {
        if (spool === null || written !== bytes) fail('CSM-TRANSFER-OFFSET', { got: bytes, expected: written });
        if ((await spool.finish()) !== hash) fail('CSM-TRANSFER-DIGEST', { hash });
        line.send({ type: 'committed', transfer });
        stop(null);
      });
    },
    ack: () => stop(coded('CSM-WIRE-MALFORMED', { path: 'transfer' })),
  };
}
