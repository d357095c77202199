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
  /** Milliseconds since the last word; null before the first one. */
  silentMs(site: SiteId): number | null;
  gone(site: SiteId): void;
  of(site: SiteId): Presence | null;
}

export function presenceBoard(monotonicMs: () => number): PresenceBoard {
  const board = new Map<SiteId, Presence>();
  return {
    heard(site, status) {
      const before = board.get(site);
      board.set(site, { connected: true, status, heardMs: monotonicMs() });
      return before?.status == null || !before.connected || hasMoved(before.status, status);
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

/**
 * Whether a site got on between two of its words: another piece of work, more batches, a new epoch. Trying again what failed is no
 * progress, nor is a transfer that begins anew: its bytes are counted where they come in and go out.
 */
function hasMoved(before: SiteStatus, now: SiteStatus): boolean {
  if (before.instance !== now.instance || before.run !== now.run || before.step !== now.step) return true;
  if (before.activity !== now.activity) {
    return now.activity !== 'troubled' && !(before.activity === 'troubled' && isTransfer(now));
  }
  return !isTransfer(now) && paceOf(before) !== paceOf(now);
}

const isTransfer = ({ activity }: SiteStatus): boolean => activity === 'fetching' || activity === 'uploading';
const paceOf = ({ progress }: SiteStatus): string => JSON.stringify([progress?.done ?? null, progress?.epoch ?? null]);
