import type { LiveRun } from '@consilium/coordinator/api';
import { type ReactNode, useEffect, useMemo } from 'react';
import { watchRun } from '../live.js';
import { RunState } from '../overview/run-list.js';
import { Skeleton } from '../parts/card.js';
import { Later } from '../parts/later.js';
import { Notice } from '../parts/notice.js';
import { Tabs } from '../parts/tabs.js';
import { type RunSection, runAddress, runSections } from '../route.js';
import { type Me, useMe } from '../session.js';
import { Shell } from '../shell.js';
import { useLive } from '../use.js';
import { Curves } from './curves.js';
import { Journal } from './journal.js';
import { Models } from './models.js';
import { Now } from './now.js';
import { Participation } from './participation.js';
import { pausedText } from './paused.js';
import { Reports } from './reports.js';
import { Results } from './results.js';
import { RunFileView } from './run-file.js';
import { yamlWriter } from './yaml-writer.js';

const commands = async () => (await import('./commands.js')).Commands;

const labels: Readonly<Record<RunSection, string>> = {
  now: 'Now',
  curves: 'Curves',
  results: 'Results',
  participation: 'Participation',
  models: 'Models',
  journal: 'Journal',
  file: 'Run file',
  reports: 'Reports',
};

/**
 * One run: its state above, and what somebody asks of it behind tabs. All of them come with the page: one that was fetched when it is asked
 * for would be missing just when the line is down. The lead's commands need the line anyway.
 */
export function RunPage({
  run,
  section,
  leave,
  signedOut,
}: {
  readonly run: string;
  readonly section: RunSection;
  readonly leave: () => void;
  readonly signedOut: () => void;
}) {
  const me = useMe();
  const watch = useMemo(() => watchRun(run), [run]);
  const seen = useLive(run, watch);
  const { value: view, fault } = seen;
  useEffect(() => {
    if (fault?.code === 'CSM-API-SIGNED-OUT') signedOut();
  }, [fault, signedOut]);
  useEffect(() => {
    document.title = view === null ? 'Consilium' : `${view.name} – Consilium`;
    return () => {
      document.title = 'Consilium';
    };
  }, [view]);
  const isSeen = view !== null;
  useEffect(() => {
    if (isSeen) yamlWriter().catch(() => {});
  }, [isSeen]);
  if (view === null) {
    return (
      <Shell seen={seen} leave={leave}>
        {fault === null ? <Skeleton /> : <Notice error={fault} bad />}
      </Shell>
    );
  }
  return (
    <Shell seen={seen} leave={leave}>
      <Head view={view} role={me.role} />
      {view.error === null ? null : <Notice error={view.error} bad={view.phase === 'closed'} />}
      {view.caveat === null ? null : <p className="notice">{view.caveat}</p>}
      <RunTabs run={run} section={section} />
      <div className="panel" role="tabpanel" id="panel" aria-labelledby={`tab-${section}`}>
        {panelOf(section, view, seen.atMs ?? Date.now())}
      </div>
    </Shell>
  );
}

const Head = ({ view, role }: { readonly view: LiveRun; readonly role: Me['role'] }) => (
  <div className="head">
    <h1>{view.name}</h1>
    <RunState run={view} />
    {view.pausedBy === null ? null : <span className="quiet">{pausedText(view.pausedBy)}</span>}
    <code className="quiet small" title={view.run}>
      {view.run.slice(0, 12)}
    </code>
    {view.phase === 'closed' || role !== 'lead' ? null : <Later load={commands} give={{ view }} />}
  </div>
);

function RunTabs({ run, section }: { readonly run: string; readonly section: RunSection }) {
  const me = useMe();
  const shown = runSections.filter((key) => me.role === 'lead' || !['journal', 'file'].includes(key));
  return (
    <Tabs
      label="Parts of the run"
      chosen={section}
      tabs={shown.map((key) => ({ key, label: labels[key], address: runAddress(run, key) }))}
    />
  );
}

function panelOf(section: RunSection, view: LiveRun, atMs: number): ReactNode {
  switch (section) {
    case 'now':
      return <Now view={view} atMs={atMs} />;
    case 'curves':
      return <Curves view={view} />;
    case 'results':
      return <Results view={view} />;
    case 'participation':
      return <Participation view={view} />;
    case 'models':
      return <Models view={view} />;
    case 'journal':
      return <Journal view={view} />;
    case 'file':
      return <RunFileView view={view} />;
    case 'reports':
      return <Reports view={view} />;
    default:
      return section satisfies never;
  }
}
