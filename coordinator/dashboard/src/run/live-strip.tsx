import type { LiveRun } from '@consilium/coordinator/api';
import type { SiteView } from '@consilium/coordinator/conduct';
import {
  type Doing,
  type Pace,
  places,
  type Surroundings,
  seePace,
  siteLine,
  type TimedStep,
} from '@consilium/coordinator/following';
import { useEffect, useState } from 'react';
import { format } from '../locale.js';
import { Chip } from '../parts/chip.js';
import { Absent, Notice } from '../parts/notice.js';
import { useNowMs } from '../use.js';

/** The open step as the states of its sites. */
export function LiveStrip({
  view,
  atMs,
  steps,
}: {
  readonly view: LiveRun;
  readonly atMs: number;
  readonly steps: readonly TimedStep[];
}) {
  const paces = usePaces(view, atMs);
  const nowMs = useNowMs();
  if (view.sites.length === 0) return <Absent>How each site fares is shown to the lead and to the site itself.</Absent>;
  const around = { step: view.step, isClosed: view.phase === 'closed', steps, atMs, nowMs };
  return (
    <ol className="strip" aria-label="Sites">
      {view.sites.map((site) => (
        <SiteLine key={site.site} site={site} around={{ ...around, pace: paces.get(site.site) ?? null }} />
      ))}
    </ol>
  );
}

function SiteLine({ site, around }: { readonly site: SiteView; readonly around: Surroundings }) {
  const { doing, detail, eta, heard } = siteLine(site, around, format);
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
        <span className="small number">{detail}</span>
      </span>
      <span className="when small number">
        {eta === null ? null : (
          <span title={eta.by === 'history' ? 'From this site’s own earlier steps' : 'From its present pace'}>
            about {format.span(eta.seconds)} left
            <br />
          </span>
        )}
        <span className="quiet">{heard}</span>
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
function Machine({ doing }: { readonly doing: Doing }) {
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
