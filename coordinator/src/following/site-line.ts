import type { SiteView } from '../conduct/view.js';
import { type Doing, doingOf } from './doing.js';
import { durationsOf, kindOf, type TimedStep } from './durations.js';
import { etaOf, type Remaining } from './eta.js';
import type { Formats } from './formats.js';
import { type Pace, rateOf } from './pace.js';

/** What is seen of a run at one moment, beside its view. */
export interface Surroundings {
  /** The open step; null between steps. */
  readonly step: string | null;
  readonly isClosed: boolean;
  readonly steps: readonly TimedStep[];
  readonly pace: Pace | null;
  /** When the view came, and now. */
  readonly atMs: number;
  readonly nowMs: number;
}

/** One site of a run in few words, alike on the page and in the terminal. */
export interface SiteLine {
  readonly doing: Doing;
  /** Epoch and loss of a training, bytes and rate of an upload; empty where there is nothing to tell. */
  readonly detail: string;
  /** Until it has done its part of the step; null where nothing tells. */
  readonly eta: Remaining | null;
  /** When it was heard, or since when it is away. */
  readonly heard: string;
}

export function siteLine(site: SiteView, around: Surroundings, format: Formats): SiteLine {
  const { step, isClosed, steps, pace, atMs, nowMs } = around;
  const { progress, heardSecondsAgo } = site;
  const doing = doingOf(site);
  const rate = rateOf(pace);
  const left = progress === null || rate === null ? null : { work: progress.total - progress.done, rate };
  const openedMs = steps.findLast((one) => one.step === step)?.openedMs ?? null;
  const past = step === null ? [] : durationsOf(steps, site.site, kindOf(step));
  const elapsed = openedMs === null ? null : (nowMs - openedMs) / 1000;
  const heard = heardSecondsAgo === null ? null : heardSecondsAgo + Math.max(0, (nowMs - atMs) / 1000);
  return {
    doing,
    detail: detailOf(site, rate, format),
    eta: doing.mood === 'going' && !isClosed ? etaOf(past, elapsed, left) : null,
    heard:
      heard === null
        ? 'not heard yet'
        : doing.mood === 'away'
          ? `away for ${format.span(heard)}`
          : `heard ${format.span(heard)} ago`,
  };
}

function detailOf({ progress, connected }: SiteView, rate: number | null, format: Formats): string {
  if (progress === null || !connected || progress.total === 0) return '';
  const parts =
    progress.unit === 'bytes'
      ? [
          `${format.bytes(progress.done)} of ${format.bytes(progress.total)}`,
          rate === null ? null : `${format.bytes(rate)}/s`,
        ]
      : [
          format.percent(progress.done / progress.total),
          progress.epoch === undefined ? null : `epoch ${format.count(progress.epoch)}`,
          progress.loss === undefined ? null : `loss ${format.score(progress.loss)}`,
        ];
  return parts.filter((part) => part !== null).join(', ');
}
