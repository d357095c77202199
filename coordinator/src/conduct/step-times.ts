import type { SiteId, StepId } from '@consilium/shared/ids';
import type { RunRecord } from '../rounds/index.js';

/** When a step was opened, when the last site that it waited for was there, and when its fold was done. ISO 8601, UTC. */
export interface StepTimes {
  readonly opened: string;
  readonly folding: string | null;
  readonly done: string | null;
}

/** Notes the time of a journal record that moves a step on. */
export function noteTime(times: Map<StepId, StepTimes>, record: RunRecord, time: string): void {
  switch (record.type) {
    case 'step-opened':
      times.set(record.step, { opened: time, folding: null, done: null });
      return;
    case 'step-folding':
      times.set(record.step, { ...known(times, record.step, time), folding: time });
      return;
    case 'step-done':
      times.set(record.step, { ...known(times, record.step, time), done: time });
      return;
    case 'offered':
    case 'contribution-accepted':
    case 'contribution-refused':
    case 'site-left':
    case 'site-joined':
    case 'site-rekeyed':
    case 'key-changed':
    case 'site-returned':
    case 'extended':
    case 'paused':
    case 'resumed':
    case 'closed':
      return;
    default:
      record satisfies never;
  }
}

/** Notes when a site was given up, and forgets it when the site is back. */
export function noteAway(since: Map<SiteId, string>, record: RunRecord, time: string): void {
  if (record.type === 'site-left') since.set(record.site, since.get(record.site) ?? time);
  if (record.type === 'site-returned' || record.type === 'contribution-accepted') since.delete(record.site);
}

const known = (times: ReadonlyMap<StepId, StepTimes>, step: StepId, time: string): StepTimes =>
  times.get(step) ?? { opened: time, folding: null, done: null };
