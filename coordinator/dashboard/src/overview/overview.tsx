import { useEffect } from 'react';
import { watchOverview } from '../live.js';
import { Skeleton } from '../parts/card.js';
import { Shell } from '../shell.js';
import { useLive } from '../use.js';
import { RunList } from './run-list.js';
import { SiteList } from './site-list.js';

/** The runs of the coordinator, or the sites of its consortium. */
export function Overview({
  part,
  leave,
  signedOut,
}: {
  readonly part: 'runs' | 'sites';
  readonly leave: () => void;
  readonly signedOut: () => void;
}) {
  const seen = useLive('overview', watchOverview);
  const { value, fault } = seen;
  useEffect(() => {
    if (fault?.code === 'CSM-API-SIGNED-OUT') signedOut();
  }, [fault, signedOut]);
  return (
    <Shell seen={seen} leave={leave}>
      <div className="head">
        <h1>{part === 'runs' ? 'Runs' : 'Sites'}</h1>
      </div>
      {value === null ? (
        <Skeleton />
      ) : part === 'runs' ? (
        <RunList runs={value.runs} />
      ) : (
        <SiteList sites={value.sites} />
      )}
    </Shell>
  );
}
