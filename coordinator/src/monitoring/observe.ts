import type { SiteId } from '@consilium/shared/ids';
import type { LiveSite, RunHouse, RunSummary, SiteDesk, StepTimes } from '../conduct/index.js';
import { consortiumChain, type Sites, stateOf } from '../sites/index.js';
import type { DiskUsage, Store } from '../store/index.js';
import type { Gateway } from '../transport/index.js';
import type { FoldingTime, Snapshot } from './snapshot.js';

/** How long a closed run is still told of by name: no label may grow with the years. */
const closedRunMs = 86_400_000;

/** The rooms of a coordinator that a scrape looks into. */
export interface ObservedRooms {
  readonly version: string;
  readonly sites: Pick<Sites, 'roster'>;
  readonly live: (site: SiteId) => LiveSite;
  readonly gateway: Pick<Gateway, 'traffic' | 'resumedUploads'>;
  readonly desk: Pick<SiteDesk, 'refusals'>;
  readonly runs: Pick<RunHouse, 'find' | 'list' | 'view'>;
  readonly store: Pick<Store, 'head'>;
  readonly diskUsage: () => Promise<DiskUsage>;
  readonly now: () => Date;
}

/** Reads what there is now. */
export async function observe(rooms: ObservedRooms): Promise<Snapshot> {
  const { version, sites, live, gateway, desk, store, diskUsage } = rooms;
  const now = rooms.now();
  const [disk, consortium, runs] = await Promise.all([
    // A disk that cannot be read must not hide all the rest.
    diskUsage().catch(() => null),
    store.head(consortiumChain),
    rooms.runs.list(),
  ]);
  const shown = await Promise.all(
    runs
      .filter((run) => isShown(run, now))
      .map(async ({ run }) => ({
        view: await rooms.runs.view(run),
        folding: foldingTime([...(rooms.runs.find(run)?.times.values() ?? [])], now),
      })),
  );
  return {
    version,
    members: [...sites.roster().members.values()].map((member) => ({
      ...{ site: member.site, state: stateOf(member), live: live(member.site) },
    })),
    traffic: gateway.traffic(),
    resumedUploads: gateway.resumedUploads(),
    refusals: desk.refusals(),
    runs,
    shown,
    records: {
      consortium: consortium === null ? 0 : consortium.sequence + 1,
      runs: runs.reduce((sum, { run }) => sum + (rooms.runs.find(run)?.length ?? 0), 0),
    },
    disk,
  };
}

const isShown = ({ phase, updated }: RunSummary, now: Date): boolean =>
  phase !== 'closed' || now.getTime() - new Date(updated).getTime() <= closedRunMs;

/** @param steps in the order of their opening; a fold under way counts until now as the newest */
function foldingTime(steps: readonly StepTimes[], now: Date): FoldingTime {
  const folds = steps.flatMap(({ folding, done }) => (folding === null ? [] : [{ folding, done }]));
  const total = folds.reduce((sum, { folding, done }) => sum + (done === null ? 0 : secondsBetween(folding, done)), 0);
  const last = folds.at(-1);
  return { total, newest: last === undefined ? null : secondsBetween(last.folding, last.done ?? now.toISOString()) };
}

const secondsBetween = (from: string, to: string): number =>
  Math.max(0, (new Date(to).getTime() - new Date(from).getTime()) / 1000);
