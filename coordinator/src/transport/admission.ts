import { coded } from '@consilium/shared/errors';
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
   * Waits, in order of arrival, until a transfer may run.
   * @param bytes what the transfer could have under way at most; it is not given more
   * @param onIdle called once when the place was not touched for the idle limit; the place is free again then
   * @param signal gives up waiting: the promise rejects with its reason
   */
  enter(direction: Direction, bytes: number, onIdle: () => void, signal: AbortSignal): Promise<Place>;
}

interface Waiting {
  readonly bytes: number;
  readonly grant: (window: number) => void;
}

/** Bounds how many transfers run at once and how much memory their windows can take. */
export function createAdmission(clock: Clock, limits: AdmissionLimits): Admission {
  const queues: Record<Direction, Waiting[]> = { upload: [], download: [] };
  const running: Record<Direction, number> = { upload: 0, download: 0 };
  let free = limits.totalBytes;

  function admitWaiting(): void {
    for (const direction of ['upload', 'download'] as const) {
      const queue = queues[direction];
      for (let next = queue[0]; next !== undefined && running[direction] < limits.places; next = queue[0]) {
        const window = Math.min(next.bytes, 2 * free >= limits.totalBytes ? limits.windowBytes : limits.narrowBytes);
        if (window > free) break;
        queue.shift();
        running[direction]++;
        free -= window;
        next.grant(window);
      }
    }
  }

  function place(direction: Direction, window: number, onIdle: () => void): Place {
    let last = clock.now();
    let held = true;
    let cancel = clock.after(limits.idleMs, watch);
    function release(): void {
      if (!held) return;
      held = false;
      cancel();
      running[direction]--;
      free += window;
      admitWaiting();
    }
    function watch(): void {
      const left = last + limits.idleMs - clock.now();
      if (left > 0) {
        cancel = clock.after(left, watch);
      } else if (held) {
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
    enter: (direction, bytes, onIdle, signal) =>
      new Promise((resolve, reject) => {
        const waiting: Waiting = {
          bytes,
          grant(window) {
            signal.removeEventListener('abort', leave);
            resolve(place(direction, window, onIdle));
          },
        };
        function leave(): void {
          queues[direction].splice(queues[direction].indexOf(waiting), 1);
          reject(signal.reason ?? coded('CSM-TRANSFER-CLOSED'));
          admitWaiting();
        }
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        signal.addEventListener('abort', leave, { once: true });
        queues[direction].push(waiting);
        admitWaiting();
      }),
  };
}
