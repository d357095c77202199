import type { LiveRun } from '@consilium/coordinator/api';
import type { SiteView } from '@consilium/coordinator/conduct';
import { useEffect, useState } from 'react';
import { format } from '../locale.js';
import { Chip } from '../parts/chip.js';
import { Absent, Notice } from '../parts/notice.js';
import { useNowMs } from '../use.js';
import { doingOf, places } from './doing.js';
import { etaOf } from './eta.js';
import { durationsOf, kindOf, type PastStep } from './history.js';
import { type Pace, rateOf, seePace } from './pace.js';

/** The open step as the states of its sites. */
export function LiveStrip({
  view,
  atMs,
  steps,
}: {
  readonly view: LiveRun;
  readonly atMs: number;
  readonly steps: readonly PastStep[];
}) {
  const paces = usePaces(view, atMs);
  const nowMs = useNowMs();
  if (view.sites.length === 0) return <Absent>How each site fares is shown to the lead and to the site itself.</Absent>;
  const age = Math.max(0, (nowMs - atMs) / 1000);
  const openedMs = steps.findLast(({ step }) => step === view.step)?.openedMs ?? null;
  return (
    <ol className="strip" aria-label="Sites">
      {view.sites.map((site) => (
        <SiteLine
          key={site.site}
          site={site}
          closed={view.phase === 'closed'}
          age={age}
          pace={paces.get(site.site) ?? null}
          past={view.step === null ? [] : durationsOf(steps, site.site, kindOf(view.step))}
          elapsed={openedMs === null ? null : (nowMs - openedMs) / 1000}
        />
      ))}
    </ol>
  );
}

function SiteLine({
  site,
  closed,
  age,
  pace,
  past,
  elapsed,
}: {
  readonly site: SiteView;
  readonly closed: boolean;
  readonly age: number;
  readonly pace: Pace | null;
  readonly past: readonly number[];
  readonly elapsed: number | null;
}) {
  const doing = doingOf(site);
  const rate = rateOf(pace);
  const { progress, heardSecondsAgo } = site;
  const left = progress === null || rate === null ? null : { work: progress.total - progress.done, rate };
  const eta = doing.mood === 'going' && !closed ? etaOf(past, elapsed, left) : null;
  const heard = heardSecondsAgo === null ? null : heardSecondsAgo + age;
  return (
    <li>
      <span className="name">
        <b>{site.site}</b>
        <span className="quiet small">
          {site.samples === null ? '' : `${format.count(site.samples)} samples, `}
          {site.backend ?? 'no trainer yet'}
        </span>
      </span>
      <Machine doing={doing} />
      <span className="doing">
        <Chip word={doing.word} />
        <span className="small number">{detailOf(site, rate)}</span>
      </span>
      <span className="when small number">
        {eta === null ? null : (
          <span title={eta.by === 'history' ? 'From this site’s own earlier steps' : 'From its present pace'}>
            about {format.span(eta.seconds)} left
            <br />
          </span>
        )}
        <span className="quiet">
          {heard === null
            ? 'not heard yet'
            : doing.mood === 'away'
              ? `away for ${format.span(heard)}`
              : `heard ${format.span(heard)} ago`}
        </span>
      </span>
      {site.error === null ? null : (
        <div className="fault">
          <Notice error={site.error} bad={doing.mood === 'bad'} />
        </div>
      )}
    </li>
  );
}

/** The six states of a site as boxes; the present one fills as it goes. */
function Machine({ doing }: { readonly doing: ReturnType<typeof doingOf> }) {
  const { place, mood, share, word } = doing;
  const of = share === null ? '' : `, ${format.percent(share)}`;
  return (
    <span
      className={`machine ${mood}`}
      role="img"
      aria-label={`State ${place + 1} of ${places.length}: ${word.label}${of}`}
    >
      {places.map((name, index) => (
        <span key={name} title={name} className={`box ${index < place ? 'past' : index === place ? 'now' : ''}`}>
          {index === place && mood === 'going' && share !== null ? <i style={{ width: `${100 * share}%` }} /> : null}
        </span>
      ))}
    </span>
  );
}

/** Epoch and loss of a training, bytes and rate of an upload. */
function detailOf({ progress, connected }: SiteView, rate: number | null): string {
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

/** How fast each site goes, seen over the views that arrived. */
function usePaces({ sites }: LiveRun, atMs: number): ReadonlyMap<string, Pace> {
  const [paces, setPaces] = useState<ReadonlyMap<string, Pace>>(new Map());
  // biome-ignore lint/correctness/useExhaustiveDependencies: one sight for each arrival
  useEffect(() => {
    setPaces((before) => {
      const seen = sites.map((site) => [site.site, seePace(before.get(site.site) ?? null, site, atMs)] as const);
      return new Map(seen.flatMap(([site, pace]) => (pace === null ? [] : [[site, pace]])));
    });
  }, [atMs]);
  return paces;
}
