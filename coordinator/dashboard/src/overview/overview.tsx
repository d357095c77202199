import { type ReactNode, useEffect } from 'react';
import { DeedButton } from '../lead/deed-button.js';
import { type Overview as OverviewState, watchOverview } from '../live.js';
import { Skeleton } from '../parts/card.js';
import { Absent, Notice } from '../parts/notice.js';
import { launchAddress, type Place } from '../route.js';
import { useMe } from '../session.js';
import { Shell } from '../shell.js';
import { useFetched, useLive } from '../use.js';
import { RunList } from './run-list.js';
import { Invitation } from './site-deeds.js';
import { SiteList } from './site-list.js';
import { UserList } from './user-list.js';

export type Part = Exclude<Place['at'], 'run' | 'setup'>;

const titles: Readonly<Record<Part, string>> = {
  runs: 'Runs',
  sites: 'Sites',
  users: 'Users of the page',
  launch: 'Launch a run',
};

/** What concerns the coordinator as a whole: its runs, the sites of its consortium, who may look on, and the start of a run. */
export function Overview({
  part,
  leave,
  signedOut,
}: {
  readonly part: Part;
  readonly leave: () => void;
  readonly signedOut: () => void;
}) {
  const me = useMe();
  const seen = useLive('overview', watchOverview);
  const { value, fault } = seen;
  useEffect(() => {
    if (fault?.code === 'CSM-API-SIGNED-OUT') signedOut();
  }, [fault, signedOut]);
  const isLead = me.role === 'lead';
  return (
    <Shell seen={seen} leave={leave}>
      <div className="head">
        <h1>{titles[part]}</h1>
        {isLead ? toolOf(part) : null}
      </div>
      {value === null ? <Skeleton /> : partOf(part, value, isLead)}
    </Shell>
  );
}

function toolOf(part: Part): ReactNode {
  if (part === 'runs') {
    return (
      <a className="button plain" href={launchAddress}>
        Launch a run
      </a>
    );
  }
  return part === 'sites' ? (
    <DeedButton label="Invite a site">{(close) => <Invitation close={close} />}</DeedButton>
  ) : null;
}

function partOf(part: Part, { runs, sites }: OverviewState, isLead: boolean): ReactNode {
  switch (part) {
    case 'runs':
      return <RunList runs={runs} />;
    case 'sites':
      return <SiteList sites={sites} />;
    case 'users':
      return isLead ? <UserList sites={sites.map(({ site }) => site)} /> : forTheLead;
    case 'launch':
      return isLead ? <LaunchView runs={runs} sites={sites} /> : forTheLead;
    default:
      return part satisfies never;
  }
}

/** Fetched when it is asked for: it brings the whole schema of run files, which nobody else needs. */
function LaunchView(props: Pick<OverviewState, 'runs' | 'sites'>) {
  const { value, fault } = useFetched('launch', () => import('../launch/launch.js'));
  if (fault !== null) return <Notice error={fault} bad />;
  return value === null ? <Skeleton /> : <value.Launch {...props} />;
}

const forTheLead = <Absent>This is for the lead alone.</Absent>;
