import type { Clock } from '@consilium/shared/wire';

/** A clock that a test moves on by hand. */
export function handClock(): Clock & { advance(ms: number): void; readonly timers: ReadonlySet<unknown> } {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  let now = 0;
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.run();
      }
    },
    timers,
  };
}
