import type { SiteId } from '@consilium/shared/ids';
import type { SiteStatus } from '@consilium/shared/wire';

/** What is known of a site from its live session; nothing of it is journaled. */
export interface Presence {
  readonly connected: boolean;
  readonly status: SiteStatus | null;
  /** Monotonic milliseconds of the last word. */
  readonly heardMs: number;
}

/** The newest word of every site. */
export interface PresenceBoard {
  heard(site: SiteId, status: SiteStatus): void;
  /** Milliseconds since the last word; null before the first one. */
  silentMs(site: SiteId): number | null;
  gone(site: SiteId): void;
  of(site: SiteId): Presence | null;
}

export function presenceBoard(monotonicMs: () => number): PresenceBoard {
  const board = new Map<SiteId, Presence>();
  return {
    heard(site, status) {
      board.set(site, { connected: true, status, heardMs: monotonicMs() });
    },
    silentMs(site) {
      const known = board.get(site);
      return known === undefined ? null : monotonicMs() - known.heardMs;
    },
    gone(site) {
      const before = board.get(site);
      if (before) board.set(site, { ...before, connected: false });
    },
    of: (site) => board.get(site) ?? null,
  };
}
