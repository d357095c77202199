export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

export const defaultBackoff: Backoff = { baseMs: 500, capMs: 30_000 };

/**
 * Milliseconds to wait before the next try: anywhere between 0 and a ceiling that doubles with each failure ("full
 * jitter"), so that a thousand agents do not come back in step.
 * @param failures tries that failed so far, from 1
 * @param random uniform in [0, 1)
 */
export const backoffMs = (failures: number, { baseMs, capMs }: Backoff, random: () => number): number =>
  random() * Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
