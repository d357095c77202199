import { fail } from '@consilium/shared/errors';

const burst = 5;
const refillMs = 30_000;
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
      buckets.delete(who);
      buckets.set(who, { left: left - 1, atMs });
      const [oldest] = buckets.keys();
      if (buckets.size > remembered && oldest !== undefined) buckets.delete(oldest);
    },
    clear: (who) => void buckets.delete(who),
  };
}
