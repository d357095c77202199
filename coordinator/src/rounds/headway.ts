import type { BlobHash } from '@consilium/shared/ids';
import type { SiteActivity, SiteStatus } from '@consilium/shared/wire';

/** How far a site has come in one step, over all its agents and connections. */
export interface Headway {
  /** What it has been at. */
  readonly activities: ReadonlySet<SiteActivity>;
  /** The furthest place in its training that counts, and the newest that was heard. */
  readonly furthest: Place;
  readonly newest: Place;
  /** How often it began its training anew. */
  readonly repeats: number;
  /** Of each blob, how many bytes have arrived where they were sent. */
  readonly arrived: ReadonlyMap<BlobHash, number>;
}

/** `done` counts batches. */
interface Place {
  readonly epoch: number;
  readonly done: number;
}

/** A site's headway after something was heard of it, and whether it is further than before. */
export interface Heard {
  readonly headway: Headway;
  readonly isFurther: boolean;
}

/** So often training that is done again counts once more: a machine may be started anew, but not for ever. */
const maxRepeats = 3;
/** Blobs of a step whose bytes count. An honest site moves a few; it is not to fill the memory. */
const maxBlobs = 1_000;

const start: Place = { epoch: 0, done: 0 };
export const noHeadway: Headway = {
  activities: new Set(),
  furthest: start,
  newest: start,
  repeats: 0,
  arrived: new Map(),
};

/**
 * After a site's word about the step. It is further by an activity that it was not at before and by batches or epochs beyond all earlier
 * ones; not by a connection, a heartbeat, a fault, a new try, nor, but for a few times, by what a restarted agent does again. Pure.
 */
export function headwayBySaying(before: Headway, said: Pick<SiteStatus, 'activity' | 'progress'>): Heard {
  const { activity, progress } = said;
  if (activity === 'troubled' || activity === 'declined') return { headway: before, isFurther: false };
  const isNew = !before.activities.has(activity);
  const headway = isNew ? { ...before, activities: new Set(before.activities).add(activity) } : before;
  if (progress?.unit !== 'batches') return { headway, isFurther: isNew };
  const counted = headwayByTraining(headway, { epoch: progress.epoch ?? 0, done: progress.done });
  return { ...counted, isFurther: counted.isFurther || isNew };
}

function headwayByTraining(before: Headway, newest: Place): Heard {
  const { furthest } = before;
  if (newest.epoch <= before.newest.epoch && newest.done < before.newest.done) {
    const repeats = before.repeats + 1;
    const from = repeats <= maxRepeats ? newest : furthest;
    return { headway: { ...before, newest, repeats, furthest: from }, isFurther: false };
  }
  const reached: Place = newest.epoch > furthest.epoch ? newest : { ...furthest, done: newest.done };
  const isFurther = reached.epoch > furthest.epoch || reached.done > furthest.done;
  return { headway: { ...before, newest, ...(isFurther && { furthest: reached }) }, isFurther };
}

/** After bytes of a blob arrived. The same bytes again, from a transfer that fails and begins anew, get nowhere. Pure. */
export function headwayByMoving(before: Headway, hash: BlobHash, offset: number): Heard {
  const known = before.arrived.get(hash);
  const isFurther = offset > (known ?? 0) && (known !== undefined || before.arrived.size < maxBlobs);
  return isFurther
    ? { headway: { ...before, arrived: new Map(before.arrived).set(hash, offset) }, isFurther }
    : { headway: before, isFurther };
}
