/** How long each name has made no progress, counted in ticks. Time while nobody ticks does not count. */
export interface IdleClock<Name> {
  /**
   * Counts elapsed monotonic milliseconds for the watched names and gives each one's idle time. A name's time begins
   * with the first tick that watches it: it may be counted too short by one tick, never too long.
   */
  tick(elapsedMs: number, watched: Iterable<Name>): ReadonlyMap<Name, number>;
  /** Starts a name's time anew. */
  progress(name: Name): void;
}

export function idleClock<Name>(): IdleClock<Name> {
  let idle = new Map<Name, number>();
  return {
    tick(elapsedMs, watched) {
      const next = new Map<Name, number>();
      for (const name of watched) {
        const before = idle.get(name);
        next.set(name, before === undefined ? 0 : before + elapsedMs);
      }
      idle = next;
      return next;
    },
    progress(name) {
      idle.delete(name);
    },
  };
}
