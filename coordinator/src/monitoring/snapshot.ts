import type { SiteId } from '@consilium/shared/ids';
import type { LiveSite, RunSummary, RunView } from '../conduct/index.js';
import type { MemberState } from '../sites/index.js';
import type { DiskUsage } from '../store/index.js';
import type { SiteTraffic } from '../transport/index.js';

/** What a scrape tells of, read at one moment. */
export interface Snapshot {
  readonly version: string;
  readonly members: readonly { readonly site: SiteId; readonly state: MemberState; readonly live: LiveSite }[];
  readonly traffic: readonly SiteTraffic[];
  /** Uploads that went on where an earlier one had stopped, since the start. */
  readonly resumedUploads: number;
  /** Verdicts of refusal since the start, by code. */
  readonly refusals: ReadonlyMap<string, number>;
  /** All runs that there are. */
  readonly runs: readonly RunSummary[];
  /** Those that a line each is told of: open ones, and ones closed within the last day. */
  readonly shown: readonly ShownRun[];
  readonly records: { readonly consortium: number; readonly runs: number };
  /** Null when the disk could not be read. */
  readonly disk: DiskUsage | null;
}

export interface ShownRun {
  readonly view: RunView;
  readonly folding: FoldingTime;
}

/** Seconds that a run's folds took: all that are done, and the newest (null before the first). */
export interface FoldingTime {
  readonly total: number;
  readonly newest: number | null;
}
