import type { Contract, Stage, Step } from '@consilium/shared/contract';
import { idOf, stageOf, stepsOf } from '@consilium/shared/contract';
import type { WireError } from '@consilium/shared/errors';
import type { BlobHash, PublicKey, SiteId, StepId } from '@consilium/shared/ids';
import type { SignedManifest } from '@consilium/shared/wire';
import type { KeptRound } from './kept.js';
import type { PooledMetrics, ReleasedMetrics, StepOutput } from './records.js';

/** Why a site does not contribute, and for how long. */
export interface Absence {
  readonly step: StepId;
  readonly until: 'step' | 'heard' | 'run';
  readonly excused: boolean;
  readonly error: WireError;
}

/** A finished step: who stood behind it. */
export interface StepHistory {
  readonly step: StepId;
  readonly sites: readonly SiteId[];
  /** Who was away when its fold began. */
  readonly absent: ReadonlyMap<SiteId, Absence>;
  /** What the contract asks of it and it lacks. */
  readonly unmet: readonly WireError[];
  readonly metrics: PooledMetrics | null;
  readonly released: readonly ReleasedMetrics[];
  readonly panels: NonNullable<StepOutput['panels']>;
  readonly figures: NonNullable<StepOutput['figures']>;
  readonly model: BlobHash | null;
}

/** A run as its journal tells it. Everything else follows from this. */
export interface RunState {
  readonly contract: Contract;
  readonly steps: readonly Step[];
  readonly phase: 'new' | 'running' | 'paused' | 'closed';
  readonly pausedBy: 'lead' | 'stepwise' | 'participation' | null;
  readonly stepwise: boolean;
  readonly contractHash: BlobHash | null;
  readonly contractBlob: BlobHash | null;
  /** The contracts that the open step was worked on under: the one that it was opened with, and those that extended that. */
  readonly contracts: readonly BlobHash[];
  /** Sites that the run was offered to, in canonical order. */
  readonly sites: readonly SiteId[];
  /** Keys that the lead certified for sites of this run while it went on. */
  readonly rekeyed: ReadonlyMap<SiteId, PublicKey>;
  readonly index: number;
  readonly stepPhase: 'open' | 'folding' | 'done';
  readonly accepted: ReadonlyMap<SiteId, SignedManifest>;
  /** Newest refusal of each site in the open step. */
  readonly refused: ReadonlyMap<SiteId, { readonly hash: BlobHash; readonly error: WireError }>;
  /** How often each site was refused in the open step. */
  readonly refusals: ReadonlyMap<SiteId, number>;
  readonly absent: ReadonlyMap<SiteId, Absence>;
  /** How often each site declined the open step. */
  readonly declines: ReadonlyMap<SiteId, number>;
  /** Of the step that is being folded: who is away from it, whoever comes back meanwhile, and what it lacks. */
  readonly folding: Pick<StepHistory, 'absent' | 'unmet'> | null;
  /** Training samples that each site signed in `prepare:cohort:1`. */
  readonly samples: ReadonlyMap<SiteId, number>;
  /** Training samples of each stage that each site signed there; empty where every stage looks at all samples. */
  readonly stageSamples: ReadonlyMap<SiteId, readonly (number | null)[]>;
  readonly model: BlobHash | null;
  /** What the stage does not train, sent once; null where it trains all. */
  readonly frozen: BlobHash | null;
  /** What the strategy keeps from round to round; null in the first round of a stage, and where it keeps nothing. */
  readonly strategyState: BlobHash | null;
  readonly preparation: BlobHash | null;
  /** The round of the present stage whose model validation prefers so far. */
  readonly best: { readonly round: number; readonly model: BlobHash; readonly value: number } | null;
  /** The round of each ended stage whose model the next one began with. */
  readonly chosen: readonly number[];
  readonly history: readonly StepHistory[];
  /** Rounds whose updates are kept, oldest first. */
  readonly kept: readonly KeptRound[];
  readonly outcome: 'complete' | 'degraded' | 'failed' | null;
  readonly error: WireError | null;
}

export function newRun(contract: Contract): RunState {
  return {
    contract,
    steps: stepsOf(contract.runFile),
    phase: 'new',
    pausedBy: null,
    stepwise: false,
    contractHash: null,
    contractBlob: null,
    contracts: [],
    sites: [],
    rekeyed: new Map(),
    index: -1,
    stepPhase: 'done',
    accepted: new Map(),
    refused: new Map(),
    refusals: new Map(),
    absent: new Map(),
    declines: new Map(),
    folding: null,
    samples: new Map(),
    stageSamples: new Map(),
    model: null,
    frozen: null,
    strategyState: null,
    preparation: null,
    best: null,
    chosen: [],
    history: [],
    kept: [],
    outcome: null,
    error: null,
  };
}

export const currentStep = (state: RunState): Step | null => state.steps[state.index] ?? null;

/** Id of the open step. */
export const currentStepId = (state: RunState): StepId | null => {
  const step = currentStep(state);
  return step === null ? null : idOf(step);
};

/** The stage under way: the last one in the test, none while preparing. */
export function currentStage(state: RunState): Stage | null {
  const step = currentStep(state);
  return step === null ? null : stageOf(step, state.contract.runFile);
}

/** The model that the stage would hand over now: the best by validation, else the newest. */
export const resultOf = (state: RunState): BlobHash | null => state.best?.model ?? state.model;

/** Sites still in the run. */
export const memberSites = (state: RunState): readonly SiteId[] =>
  state.sites.filter((site) => state.absent.get(site)?.until !== 'run');

/** Sites that the open step still waits for. */
export const pendingSites = (state: RunState): readonly SiteId[] =>
  state.stepPhase === 'open' ? state.sites.filter((site) => !state.accepted.has(site) && !state.absent.has(site)) : [];

/** What was accepted, in canonical site order and not in that of arrival. */
export const inOrder = (accepted: RunState['accepted']): readonly SignedManifest['manifest'][] =>
  [...accepted.values()].map(({ manifest }) => manifest).sort((a, b) => (a.site < b.site ? -1 : 1));
