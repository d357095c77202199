import { coded } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import type { Clock } from '@consilium/shared/wire';

export interface AdmissionLimits {
  /** Transfers at once, in each direction. */
  readonly places: number;
  /** All windows together. */
  readonly totalBytes: number;
  /** A window while there is room. */
  readonly windowBytes: number;
  /** A window once half of the total is given away. */
  readonly narrowBytes: number;
  readonly idleMs: number;
}

export type Direction = 'upload' | 'download';

/** A transfer's right to run. */
export interface Place {
  /** Bytes that may be under way. */
  readonly window: number;
  /** Says that the transfer moves. */
  touch(): void;
  release(): void;
}

export interface Admission {
  /**
   * Waits, in order of arrival, until a transfer may run. A site that has a place is given a further one only while
   * half of everything is left for others: a few sites that keep all of theirs cannot shut out the rest.
   * @param claim its bytes are what the transfer could have under way at most; it is not given more
   * @param onIdle called once when the place was not touched for the idle limit; the place is free again then
   * @param signal gives up waiting: the promise rejects with its reason
   */
  enter(claim: Claim, onIdle: () => void, signal: AbortSignal): Promise<Place>;
}

/** Who asks for a place, and for what. */
export interface Claim {
  readonly site: SiteId;
  readonly direction: Direction;
  readonly bytes: number;
}

interface Waiting extends Claim {
  readonly grant: (window: number) => void;
}

/** Bounds how many transfers run at once and how much memory their windows can take. */
export function createAdmission(clock: Clock, limits: AdmissionLimits): Admission {
  const queues: Record<Direction, Waiting[]> = { upload: [], download: [] };
  const running: Record<Direction, number> = { upload: 0, download: 0 };
  const held = new Map<SiteId, number>();
  let free = limits.totalBytes;

  const leavesHalf = (direction: Direction, window: number): boolean =>
    2 * (running[direction] + 1) <= limits.places && 2 * (free - window) >= limits.totalBytes;

  function admitWaiting(): void {
    for (const direction of ['upload', 'download'] as const) {
      for (const next of [...queues[direction]]) {
        const window = Math.min(next.bytes, 2 * free >= limits.totalBytes ? limits.windowBytes : limits.narrowBytes);
        const isFurther = held.has(next.site);
        if (isFurther && !leavesHalf(direction, window)) continue;
        if (window > free || running[direction] >= limits.places) break;
        queues[direction].splice(queues[direction].indexOf(next), 1);
        next.grant(window);
      }
    }
  }

  function place({ site, direction }: Claim, window: number, onIdle: () => void): Place {
    running[direction]++;
    free -= window;
    held.set(site, (held.get(site) ?? 0) + 1);
    let last = clock.now();
    let isHeld = true;
    let cancel = clock.after(limits.idleMs, watch);
    function release(): void {
      if (!isHeld) return;
      isHeld = false;
      cancel();
      running[direction]--;
      free += window;
      const left = (held.get(site) ?? 1) - 1;
      if (left > 0) held.set(site, left);
      else held.delete(site);
      admitWaiting();
    }
    function watch(): void {
      const left = last + limits.idleMs - clock.now();
      if (left > 0) {
        cancel = clock.after(left, watch);
      } else if (isHeld) {
        release();
        onIdle();
      }
    }
    const touch = () => {
      last = clock.now();
    };
    return { window, touch, release };
  }

  return {
    enter: (claim, onIdle, signal) =>
      new Promise((resolve, reject) => {
        const queue = queues[claim.direction];
        const waiting: Waiting = {
          ...claim,
          grant(window) {
            signal.removeEventListener('abort', leave);
            resolve(place(claim, window, onIdle));
          },
        };
        function leave(): void {
          queue.splice(queue.indexOf(waiting), 1);
          reject(signal.reason ?? coded('CSM-TRANSFER-CLOSED'));
          admitWaiting();
        }
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        signal.addEventListener('abort', leave, { once: true });
        queue.push(waiting);
        admitWaiting();
      }),
  };
}
