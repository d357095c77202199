import { caveatOf, stagesOf } from '@consilium/shared/contract';
import { toWire, type WireError } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import {
  coverageOf,
  currentStage,
  currentStep,
  currentStepId,
  type RunState,
  reportStandings,
  type StepHistory,
} from '../rounds/index.js';
import type { Conductor } from './conductor.js';
import { participationOf } from './participation-view.js';
import type { Presence } from './presence.js';
import { type RunSummary, type RunView, reportsOf, type SiteView, turnoutOf } from './view.js';

/** What the live side knows of a site. */
export interface LiveSite {
  readonly presence: Presence | null;
  readonly heardSecondsAgo: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export function summaryOf({ state, created, updated }: Conductor): RunSummary {
  const step = currentStep(state);
  const stages = stagesOf(state.contract.runFile);
  const { name, index, rounds } = currentStage(state) ?? stages[0]!;
  const standings = reportStandings(state);
  return {
    run: state.contract.run,
    name: state.contract.runFile.name,
    phase: state.phase,
    outcome: state.outcome,
    step: currentStepId(state),
    index: Math.max(0, state.index),
    steps: state.steps.length,
    round: step?.kind === 'train' || step?.kind === 'validate' ? step.round : step?.kind === 'test' ? rounds : null,
    rounds,
    stage: stages.length === 1 ? null : { name, index, stages: stages.length },
    sites: state.sites.length,
    reports: standings && reportsOf(standings),
    created,
    updated,
  };
}

export function viewOf(conductor: Conductor, live: (site: SiteId) => LiveSite): RunView {
  const { state } = conductor;
  const { sites: _, ...summary } = summaryOf(conductor);
  const shown = state.sites.map((site) => siteView(state, site, live(site)));
  return {
    ...summary,
    consortium: state.contract.consortium,
    contract: state.contractHash!,
    family: state.contract.runFile.model.family,
    classes: [...state.contract.runFile.model.classes],
    pausedBy: state.pausedBy,
    error: copy(state.error ?? (conductor.trouble && toWire(conductor.trouble))),
    model: state.best?.model ?? state.model,
    bestRound: state.best?.round ?? null,
    frozen: state.frozen,
    preparation: state.preparation,
    journalHead: conductor.head,
    journalLength: conductor.length,
    turnout: turnoutOf(shown),
    sites: shown,
    participation: participationOf(state, conductor.awaySince),
    ...pastOf(state),
  };
}

type Past = Pick<RunView, 'caveat' | 'judged' | 'coverage' | 'lacking'>;

/** A state never changes: after each record there is another. Sites are heard many times between two records. */
const pasts = new WeakMap<RunState, Past>();

/** What of a view follows from the journal alone, and grows with the rounds. */
function pastOf(state: RunState): Past {
  const known = pasts.get(state);
  if (known !== undefined) return known;
  const { sampleShare, shortfalls, sites } = coverageOf(state);
  const caveat = caveatOf(state.contract.runFile);
  const figures = state.history.filter(({ metrics }) => metrics !== null).map(judged);
  const past: Past = {
    caveat,
    judged: caveat === null ? figures : figures.map(withoutFigures),
    coverage: {
      sampleShare,
      shortfalls: shortfalls.map(({ step, unmet }) => ({ step, unmet: unmet.map((error) => copy(error)!) })),
      sites: sites.map((one) => ({
        ...one,
        missing: one.missing.map(({ error, ...rest }) => ({ ...rest, error: copy(error)! })),
      })),
    },
    lacking: (reportStandings(state) ?? []).flatMap(({ site, report, error }) =>
      report === 'released' ? [] : [{ site, report, error: copy(error) }],
    ),
  };
  pasts.set(state, past);
  return past;
}

/** That a round was judged, and on how many samples. */
const withoutFigures = (one: RunView['judged'][number]): RunView['judged'][number] => ({
  ...one,
  pooled: { ...noFigures, n: one.pooled.n },
  panels: [],
  figures: [],
  sites: one.sites.map(({ site, n }) => ({ site, n, accuracy: null, macroF1: null, loss: null })),
});

const noFigures = {
  ...{ loss: null, accuracy: null, balancedAccuracy: null, macroF1: null, weightedF1: null },
  ...{ mcc: null, auc: null, ece: null, brier: null },
};

function siteView(state: RunState, site: SiteId, { presence, heardSecondsAgo, bytesIn, bytesOut }: LiveSite): SiteView {
  const absence = state.absent.get(site);
  const refused = state.refused.get(site);
  const status = presence?.status ?? null;
  const here = status?.run === state.contract.run ? status : null;
  return {
    site,
    connected: presence?.connected ?? false,
    heardSecondsAgo,
    activity: here?.activity ?? null,
    progress: here?.progress ?? null,
    backend: status?.backend ?? null,
    samples: state.samples.get(site) ?? null,
    standing: standingOf(state, site),
    error: copy(absence?.error ?? refused?.error ?? here?.error ?? null),
    bytesIn,
    bytesOut,
  };
}

function standingOf(state: RunState, site: SiteId): SiteView['standing'] {
  const absence = state.absent.get(site);
  if (absence) return absence.until === 'run' ? 'left' : 'absent';
  if (state.accepted.has(site)) return 'accepted';
  return state.refused.has(site) ? 'refused' : 'asked';
}

function judged({ step, metrics, released, panels, figures }: StepHistory): RunView['judged'][number] {
  const [, stage = '0', round] = /^validate:(?:(\d+):)?(\d+)$/.exec(step) ?? [];
  return {
    step,
    stage: round === undefined ? null : Number(stage),
    round: round === undefined ? null : Number(round),
    pooled: metrics!,
    panels: [...panels],
    figures: [...figures],
    sites: [...released],
  };
}

const copy = (error: WireError | null) => error && { code: error.code, details: { ...error.details } };
