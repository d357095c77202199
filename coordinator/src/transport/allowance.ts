import type { Clock } from '@consilium/shared/wire';

/** How many messages one site may send: so many at once, and so many a second in the long run. */
export interface Allowance {
  /** Takes one. @returns false when there is none left */
  take(): boolean;
  /** Gives one: a message that the site was asked for. */
  give(): void;
}

export interface AllowanceTerms {
  readonly most: number;
  readonly perSecond: number;
}

/** A bucket of messages that begins full and fills up with time. */
export function createAllowance(clock: Pick<Clock, 'now'>, { most, perSecond }: AllowanceTerms): Allowance {
  let left = most;
  let filledMs = clock.now();
  return {
    take() {
      const nowMs = clock.now();
      left = Math.min(most, left + ((nowMs - filledMs) / 1000) * perSecond);
      filledMs = nowMs;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
    give() {
      left += 1;
    },
  };
}
