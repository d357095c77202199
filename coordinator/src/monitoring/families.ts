import { siteActivity } from '@consilium/shared/wire';
import type { RunView } from '../conduct/index.js';
import type { MemberState } from '../sites/index.js';
import type { ShownRun, Snapshot } from './snapshot.js';

/** Labels and the value that stands under them. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** One metric: what it is called, what it tells, and how it is read off a snapshot. */
export interface MetricFamily {
  /** `counter`: since the coordinator's start it only grows. */
  readonly kind: 'gauge' | 'counter';
  readonly name: `consilium_${string}`;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (snapshot: Snapshot) => readonly Sample[];
}

const memberStates = ['invited', 'pending', 'approved', 'revoked'] as const satisfies readonly MemberState[];
const standings = ['asked', 'accepted', 'refused', 'absent', 'left'] as const satisfies readonly Standing[];
type Standing = RunView['sites'][number]['standing'];

/** What a run may be: its phase, and once closed its outcome. */
const runStates = [
  ...(['new', 'running', 'paused'] as const).map((phase) => ({ phase, outcome: null })),
  ...(['complete', 'degraded', 'failed'] as const).map((outcome) => ({ phase: 'closed' as const, outcome })),
];

const alone = (value: number | null): readonly Sample[] => (value === null ? [] : [[{}, value]]);

/** A value for each shown run; none where there is nothing to tell. */
const ofRuns =
  (value: (run: ShownRun) => number | null): MetricFamily['samples'] =>
  ({ shown }) =>
    shown.flatMap((one): readonly Sample[] => {
      const read = value(one);
      return read === null ? [] : [[runLabels(one), read]];
    });

const runLabels = ({ view }: ShownRun) => ({ run: view.run, name: view.name });

type PooledFigure = keyof RunView['judged'][number]['pooled'];

/** A pooled figure of the newest judged step, with the patients that it was judged on: validation or test. */
const pooledFigure =
  (figure: PooledFigure): MetricFamily['samples'] =>
  ({ shown }) =>
    shown.flatMap((one): readonly Sample[] => {
      const newest = one.view.judged.at(-1);
      const value = newest?.pooled[figure] ?? null;
      if (newest === undefined || value === null) return [];
      return [[{ ...runLabels(one), part: newest.round === null ? 'test' : 'validation' }, value]];
    });

const run = ['run', 'name'];
const judged = [...run, 'part'];

/** Every metric of a coordinator but those of its process. Nothing here is of a patient, and no label grows without end. */
export const metricFamilies: readonly MetricFamily[] = [
  {
    ...{ kind: 'gauge', name: 'consilium_build_info', labels: ['version'] },
    help: 'Always 1; the label tells the version of the coordinator.',
    samples: ({ version }) => [[{ version }, 1]],
  },

  {
    ...{ kind: 'gauge', name: 'consilium_sites', labels: ['state'] },
    help: 'Sites that were ever invited, by what they are now.',
    samples: ({ members }) =>
      memberStates.map((state) => [{ state }, members.filter((member) => member.state === state).length]),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_sites_connected', labels: [] },
    help: 'Approved sites that are connected.',
    samples: (snapshot) => alone(connectedSites(snapshot).length),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_sites_activity', labels: ['activity'] },
    help: 'Connected sites by what they are doing.',
    samples: (snapshot) =>
      siteActivity.options.map((activity) => [
        { activity },
        connectedSites(snapshot).filter(({ live }) => live.presence?.status?.activity === activity).length,
      ]),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_site_connected', labels: ['site'] },
    help: '1 while an approved site is connected, else 0.',
    samples: (snapshot) =>
      approvedSites(snapshot).map(({ site, live }) => [{ site }, live.presence?.connected === true ? 1 : 0]),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_site_heard_seconds', labels: ['site'] },
    help: 'Seconds since anything was heard of an approved site; none before its first word since the start.',
    samples: (snapshot) =>
      approvedSites(snapshot).flatMap(({ site, live }): readonly Sample[] =>
        live.heardSecondsAgo === null ? [] : [[{ site }, live.heardSecondsAgo]],
      ),
  },

  {
    ...{ kind: 'gauge', name: 'consilium_sessions', labels: [] },
    help: 'Open sessions of site agents, those of sites that wait for approval included.',
    samples: ({ traffic }) => alone(traffic.filter(({ connected }) => connected).length),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_transfers', labels: ['direction'] },
    help: 'Blobs on their way or waiting for their turn: uploads come in from sites, downloads go out.',
    samples: ({ traffic }) => [
      [{ direction: 'upload' }, traffic.reduce((sum, { uploads }) => sum + uploads, 0)],
      [{ direction: 'download' }, traffic.reduce((sum, { downloads }) => sum + downloads, 0)],
    ],
  },
  {
    ...{ kind: 'counter', name: 'consilium_uploads_resumed_total', labels: [] },
    help: 'Uploads that went on where an earlier one had stopped.',
    samples: ({ resumedUploads }) => alone(resumedUploads),
  },
  {
    ...{ kind: 'counter', name: 'consilium_site_received_bytes_total', labels: ['site'] },
    help: 'Bytes that came in from a site, sealed form included.',
    samples: ({ traffic }) => traffic.map(({ site, receivedBytes }) => [{ site }, receivedBytes]),
  },
  {
    ...{ kind: 'counter', name: 'consilium_site_sent_bytes_total', labels: ['site'] },
    help: 'Bytes that went out to a site, sealed form included.',
    samples: ({ traffic }) => traffic.map(({ site, sentBytes }) => [{ site }, sentBytes]),
  },
  {
    ...{ kind: 'counter', name: 'consilium_contributions_refused_total', labels: ['code'] },
    help: 'Contributions that were refused, by the code of the reason.',
    samples: ({ refusals }) => [...refusals].map(([code, count]) => [{ code }, count]),
  },

  {
    ...{ kind: 'gauge', name: 'consilium_runs', labels: ['phase', 'outcome'] },
    help: 'Runs by phase, closed ones by outcome.',
    samples: ({ runs }) =>
      runStates.map(({ phase, outcome }) => [
        { phase, outcome: outcome ?? '' },
        runs.filter((one) => one.phase === phase && one.outcome === outcome).length,
      ]),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_running', labels: run },
    help: '1 while a run is running, 0 while it is paused and after its end.',
    samples: ofRuns(({ view }) => (view.phase === 'running' ? 1 : 0)),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_step', labels: run },
    help: 'The step that a run is at, counted from 1.',
    samples: ofRuns(({ view }) => Math.min(view.index + 1, view.steps)),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_steps', labels: run },
    help: 'Steps of a run, from preparation to the final test.',
    samples: ofRuns(({ view }) => view.steps),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_stage', labels: run },
    help: 'The stage under way, counted from 1.',
    samples: ofRuns(({ view }) => (view.stage?.index ?? 0) + 1),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_round', labels: run },
    help: 'The round under way in its stage; none outside of rounds.',
    samples: ofRuns(({ view }) => view.round),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_rounds', labels: run },
    help: 'Rounds of the stage under way.',
    samples: ofRuns(({ view }) => view.rounds),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_sites', labels: [...run, 'standing'] },
    help: 'Sites of a run by their standing in the open step.',
    samples: ({ shown }) =>
      shown.flatMap((one) =>
        standings.map((standing): Sample => {
          const sites = one.view.sites.filter((site) => site.standing === standing);
          return [{ ...runLabels(one), standing }, sites.length];
        }),
      ),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_sites_connected', labels: run },
    help: 'Sites of a run that are connected.',
    samples: ofRuns(({ view }) => view.turnout.connected),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_needed_sites', labels: run },
    help: 'Sites that the open step needs by the contract.',
    samples: ofRuns(({ view }) => view.participation.quorum),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_waits_for_sites', labels: run },
    help: '1 while a run is paused because a step lacks what the contract asks for, else 0.',
    samples: ofRuns(({ view }) => (view.pausedBy === 'participation' ? 1 : 0)),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_short_steps', labels: run },
    help: 'Steps that went on with less than the contract asks for, as it says.',
    samples: ofRuns(({ view }) => view.coverage.shortfalls.length),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_reports', labels: [...run, 'state'] },
    help: "Sites by whether their report of the final test is here (released) or not (lacking); none before the test's end.",
    samples: ({ shown }) =>
      shown.flatMap((one): readonly Sample[] =>
        Object.entries(one.view.reports ?? {}).map(([state, sites]) => [{ ...runLabels(one), state }, sites]),
      ),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_fold_seconds', labels: run },
    help: 'Seconds that the newest fold took; one under way counts until now.',
    samples: ofRuns(({ folding }) => folding.newest),
  },
  {
    ...{ kind: 'counter', name: 'consilium_run_folding_seconds_total', labels: run },
    help: 'Seconds that all folds of a run took which are done, from its journal.',
    samples: ofRuns(({ folding }) => folding.total),
  },

  {
    ...{ kind: 'gauge', name: 'consilium_run_judged_round', labels: run },
    help: 'The newest round that was judged on validation patients.',
    samples: ofRuns(({ view }) => view.judged.findLast(({ round }) => round !== null)?.round ?? null),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_accuracy', labels: judged },
    help: 'Pooled accuracy of the newest judged step, 0 to 1.',
    samples: pooledFigure('accuracy'),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_macro_f1', labels: judged },
    help: 'Pooled macro F1 of the newest judged step, 0 to 1.',
    samples: pooledFigure('macroF1'),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_auc', labels: judged },
    help: 'Pooled area under the ROC curve of the newest judged step, 0 to 1.',
    samples: pooledFigure('auc'),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_loss', labels: judged },
    help: 'Pooled mean loss of the newest judged step.',
    samples: pooledFigure('loss'),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_run_ece', labels: judged },
    help: 'Pooled expected calibration error of the newest judged step, 0 to 1.',
    samples: pooledFigure('ece'),
  },

  {
    ...{ kind: 'gauge', name: 'consilium_journal_records', labels: ['journal'] },
    help: "Records of the consortium's journal and of all runs' journals.",
    samples: ({ records }) => [
      [{ journal: 'consortium' }, records.consortium],
      [{ journal: 'runs' }, records.runs],
    ],
  },
  {
    ...{ kind: 'gauge', name: 'consilium_blobs_bytes', labels: [] },
    help: 'Bytes of the blob folder on the disk: models, contributions, uploads under way.',
    samples: ({ disk }) => alone(disk?.usedBytes ?? null),
  },
  {
    ...{ kind: 'gauge', name: 'consilium_disk_free_bytes', labels: [] },
    help: 'Bytes free to the coordinator on the disk of its blob folder.',
    samples: ({ disk }) => alone(disk?.freeBytes ?? null),
  },
];

const approvedSites = ({ members }: Snapshot) => members.filter(({ state }) => state === 'approved');
const connectedSites = (snapshot: Snapshot) =>
  approvedSites(snapshot).filter(({ live }) => live.presence?.connected === true);
