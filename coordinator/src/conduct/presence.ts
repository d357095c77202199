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
  /** Notes a status and says whether it shows progress since the one before. */
  heard(site: SiteId, status: SiteStatus): boolean;
  gone(site: SiteId): void;
  of(site: SiteId): Presence | null;
}

export function presenceBoard(monotonicMs: () => number): PresenceBoard {
  const board = new Map<SiteId, Presence>();
  return {
    heard(site, status) {
      const before = board.get(site);
      board.set(site, { connected: true, status, heardMs: monotonicMs() });
      return before?.status == null || !before.connected || fingerprint(before.status) !== fingerprint(status);
    },
    gone(site) {
      const before = board.get(site);
      if (before) board.set(site, { ...before, connected: false });
    },
    of: (site) => board.get(site) ?? null,
  };
}

/** What must differ between two statuses for the site to have moved. */
const fingerprint = ({ run, step, activity, progress }: SiteStatus): string =>
  JSON.stringify([run, step, activity, progress?.done ?? null, progress?.epoch ?? null]);
