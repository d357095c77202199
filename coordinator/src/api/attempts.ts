import { fail } from '@consilium/shared/errors';

const burst = 5;
const refillMs = 30_000;
/** Wrong passwords in a row after which a name is locked, and for how long. */
export const failuresToLock = 10;
export const lockMs = 15 * 60_000;
/** Beyond this many the longest silent is forgotten, so that a flood of names takes no memory. */
const remembered = 10_000;

/** Limits how often somebody may try. */
export interface Attempts {
  /** Counts one try. @throws CSM-API-TOO-OFTEN */
  take(who: string): void;
  /** Forgets the tries after a success. */
  clear(who: string): void;
}

/** Five tries at once, then one every 30 s, for each `who`. */
export function openAttempts(now: () => Date): Attempts {
  const buckets = new Map<string, { readonly left: number; readonly atMs: number }>();
  return {
    take(who) {
      const atMs = now().getTime();
      const bucket = buckets.get(who) ?? { left: burst, atMs };
      const left = Math.min(burst, bucket.left + (atMs - bucket.atMs) / refillMs);
      if (left < 1) fail('CSM-API-TOO-OFTEN', { seconds: Math.ceil(((1 - left) * refillMs) / 1000) });
      putNewest(buckets, who, { left: left - 1, atMs });
    },
    clear: (who) => void buckets.delete(who),
  };
}

/** Locks a name after many failures in a row. Names that nobody has are locked alike, so that a lock tells nothing. */
export interface Locks {
  /** @throws CSM-API-LOCKED */
  check(name: string): void;
  /** Counts a try as a failure until it is cleared, so that tries at the same time count, too. */
  count(name: string): void;
  clear(name: string): void;
  /** Seconds for which a name is still locked; null when it is not. */
  left(name: string): number | null;
}

/** Ten failures in a row lock a name for a quarter of an hour; after it each further one locks it again. */
export function openLocks(now: () => Date): Locks {
  const held = new Map<string, { readonly failures: number; readonly untilMs: number }>();
  const left = (name: string): number | null => {
    const restMs = (held.get(name)?.untilMs ?? 0) - now().getTime();
    return restMs > 0 ? Math.ceil(restMs / 1000) : null;
  };
  return {
    left,
    check(name) {
      const seconds = left(name);
      if (seconds !== null) fail('CSM-API-LOCKED', { seconds });
    },
    count(name) {
      const failures = (held.get(name)?.failures ?? 0) + 1;
      putNewest(held, name, { failures, untilMs: failures < failuresToLock ? 0 : now().getTime() + lockMs });
    },
    clear: (name) => void held.delete(name),
  };
}

function putNewest<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > remembered && oldest !== undefined) map.delete(oldest);
}
