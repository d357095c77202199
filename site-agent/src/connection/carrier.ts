import { asCoded, coded } from '@consilium/shared/errors';
import type { Log } from '@consilium/shared/wire';
import { type Backoff, backoffMs } from './backoff.js';
import type { Link } from './link.js';
import type { Progress } from './transfer.js';
import type { TransferLine, TransferLines } from './transfer-line.js';

export interface TransferOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: Progress;
}

export interface FetchOptions extends TransferOptions {
  /** A larger blob is refused. */
  readonly maxBytes?: number;
}

/** Tries of one transfer that may end with a coded abort, none moving a byte, before its caller is told. */
const maxRefusals = 4;
/** Aborts that may pass: the place was lost, another handle was faster, a disk was full. */
const passing = /^CSM-(?:TRANSFER|SPOOL|BLOB-NO-SPACE|INTERNAL)/;

/** Runs a transfer over link after link until it is through, or ends in a way that another try does not mend. */
export type Carrier = <Result>(
  work: (line: TransferLine, progress: Progress) => Promise<Result>,
  options: TransferOptions,
) => Promise<Result>;

export function createCarrier({
  nextLink,
  pause,
  log,
  backoff,
  random,
  life,
}: {
  readonly nextLink: (signal: AbortSignal) => Promise<{ readonly link: Link; readonly lines: TransferLines }>;
  readonly pause: (ms: number) => Promise<void>;
  readonly log: Log;
  readonly backoff: Backoff;
  readonly random: () => number;
  /** Ends all transfers. */
  readonly life: AbortSignal;
}): Carrier {
  return async (work, { signal, onProgress }) => {
    const ends = signal === undefined ? life : AbortSignal.any([life, signal]);
    let refusals = 0;
    let furthest = 0;
    for (;;) {
      const { link, lines } = await nextLink(ends);
      const line = lines.begin();
      let leave = () => {};
      // A disk that hangs must not keep the caller from giving up: the work is left behind.
      const left = new Promise<never>((_, reject) => {
        leave = () => {
          line.end(coded('CSM-TRANSFER-CLOSED'));
          reject(ends.reason);
        };
      });
      ends.addEventListener('abort', leave, { once: true });
      try {
        const working = work(line, (done, total) => {
          if (done > furthest) refusals = 0;
          furthest = Math.max(furthest, done);
          onProgress?.(done, total);
        });
        return await Promise.race([working, left]);
      } catch (thrown) {
        ends.throwIfAborted();
        if (link.ended.aborted) continue;
        const error = asCoded(thrown);
        line.end(error);
        refusals++;
        if (!passing.test(error.code) || refusals > maxRefusals) throw error;
        log.warn({ code: error.code, details: error.details }, 'a transfer is tried again');
        await pause(backoffMs(refusals, backoff, random));
      } finally {
        ends.removeEventListener('abort', leave);
        line.end();
      }
    }
  };
}
