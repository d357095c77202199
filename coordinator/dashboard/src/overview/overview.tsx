import { type ReactNode, useEffect } from 'react';
import { type Overview as OverviewState, watchOverview } from '../live.js';
import { Skeleton } from '../parts/card.js';
import { Later } from '../parts/later.js';
import { Absent } from '../parts/notice.js';
import { launchAddress, type Place } from '../route.js';
import { useMe } from '../session.js';
import { Shell } from '../shell.js';
import { useLive } from '../use.js';
import { RunList } from './run-list.js';
import { SiteList } from './site-list.js';

const launch = async () => (await import('../launch/launch.js')).Launch;
const userList = async () => (await import('./user-list.js')).UserList;
const inviteButton = async () => (await import('./invitation.js')).InviteButton;

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
  return part === 'sites' ? <Later load={inviteButton} give={{}} /> : null;
}

function partOf(part: Part, { runs, sites }: OverviewState, isLead: boolean): ReactNode {
  switch (part) {
    case 'runs':
      return <RunList runs={runs} />;
    case 'sites':
      return <SiteList sites={sites} />;
    case 'users':
      return isLead ? <Later load={userList} give={{ sites: sites.map(({ site }) => site) }} /> : forTheLead;
    case 'launch':
      return isLead ? <Later load={launch} give={{ runs, sites }} /> : forTheLead;
    default:
      return part satisfies never;
  }
}

const forTheLead = <Absent>This is for the lead alone.</Absent>;
