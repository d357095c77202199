import { idOf, leastSites, type Step } from '@consilium/shared/contract';
import { coded, toWire, type WireError } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { isOfStage, shareBehind } from './samples.js';
import { type Absence, currentStep, memberSites, type RunState } from './state.js';

/** One thing that the contract asks of a step and that it lacks. */
export interface Shortfall {
  readonly error: WireError;
  /** Nothing can be folded without it, whatever the contract says of shortfalls: a required site, anybody, what the strategy needs. */
  readonly isEssential: boolean;
}

/**
 * What the contract's participation rule still lacks for the open step: required sites, then the quorum, then, of a training
 * step, the share of the signed samples and the sites that the strategy needs. None when the step may be folded. It is judged once
 * nobody is awaited any more.
 * @param has who stands behind the step; whose contribution is accepted when left out
 */
export function shortfalls(
  state: RunState,
  has: (site: SiteId) => boolean = (site) => state.accepted.has(site),
): readonly Shortfall[] {
  const step = currentStep(state);
  if (step === null || step.kind === 'initial') return [];
  return [
    ...lacksRequired(state, step, has),
    ...lacksQuorum(state, step, has),
    ...lacksSamples(state, step, has),
    ...lacksForStrategy(state, step, has),
  ];
}

type Rule = (state: RunState, step: Step, has: (site: SiteId) => boolean) => readonly Shortfall[];

const lacksRequired: Rule = (state, step, has) => {
  const missing = state.contract.runFile.participation.required.filter((site) => !has(site));
  if (missing.length === 0) return [];
  const error = toWire(coded('CSM-RUN-REQUIRED-MISSING', { step: idOf(step), sites: missing.join(', ') }));
  return [{ error, isEssential: true }];
};

const lacksQuorum: Rule = (state, step, has) => {
  const behind = state.sites.filter(has).length;
  const needed = quorumOf(state);
  if (behind >= needed) return [];
  const error = toWire(coded('CSM-RUN-QUORUM', { step: idOf(step), sites: behind, needed }));
  return [{ error, isEssential: behind === 0 }];
};

const lacksSamples: Rule = (state, step, has) => {
  const { minimumSampleShare: needed } = state.contract.runFile.participation;
  if (step.kind !== 'train') return [];
  const share = shareBehind(state, step, has);
  if (share >= needed) return [];
  const error = toWire(coded('CSM-RUN-SAMPLE-SHARE', { step: idOf(step), share: share.toFixed(3), needed }));
  return [{ error, isEssential: false }];
};

const lacksForStrategy: Rule = (state, step, has) => {
  if (step.kind !== 'train') return [];
  const { strategy } = state.contract.runFile.training;
  const behind = state.sites.filter(has).length;
  const needed = leastSites(strategy);
  if (behind >= needed) return [];
  const details = { step: idOf(step), sites: behind, needed, strategy: strategy.name };
  return [{ error: toWire(coded('CSM-RUN-STRATEGY-SITES', details)), isEssential: true }];
};

/** How many sites the open step needs: those that the contract names, else all that are still in the run and have a part in the stage. */
export function quorumOf(state: RunState): number {
  const asked = memberSites(state).filter((site) => state.accepted.has(site) || isOfStage(state, site));
  return Math.max(1, state.contract.runFile.participation.quorum ?? asked.length);
}

/** Share of the signed training samples that stand behind the open step's accepted contributions. */
export function sampleShare(state: RunState): number {
  const step = currentStep(state);
  return step === null ? 0 : shareBehind(state, step, (site) => state.accepted.has(site));
}

/**
 * Whether the contract's own rule leaves a site out that declines with a code: too few patients, found while preparing, or in the
 * stage's groups. A site that has signed its patients and says later that it has none is missing like any other.
 */
export const isExcused = (state: RunState, site: SiteId, code: string): boolean =>
  (code === 'CSM-COHORT-SMALL' && currentStep(state)?.kind === 'prepare') ||
  (code === 'CSM-COHORT-STAGE' && !isOfStage(state, site));

/**
 * Whether an absence may end before its step does: a site that idled out takes part again as soon as it makes progress. One that
 * declined the step may once its people have mended what it said; it is waited for where the contract says `wait` or `degrade`.
 */
export function mayReturn(state: RunState, { until, excused }: Absence): boolean {
  const { onShortfall } = state.contract.runFile.participation;
  if (until === 'heard') return true;
  return until === 'step' && !excused && onShortfall !== undefined;
}

/** Whether an absence is such as ends when its site makes progress again. */
export const isReadmitted = ({ until, excused }: Absence): boolean =>
  until === 'heard' || (until === 'step' && !excused);

/** So often a site that declined a step is waited for again; what it hands in before the fold counts all the same. */
const maxDeclines = 3;

/** Whether a site that makes progress again is waited for in the open step again. */
export function isWaitedForAgain(state: RunState, site: SiteId): boolean {
  const absence = state.absent.get(site);
  return absence !== undefined && isReadmitted(absence) && (state.declines.get(site) ?? 0) <= maxDeclines;
}

/** The absent sites that the open step could still have. */
export const mayReturnSites = (state: RunState): readonly SiteId[] =>
  [...state.absent].filter(([, absence]) => mayReturn(state, absence)).map(([site]) => site);

/** What the contract says is to be done about a step that nobody is awaited for and that lacks something. */
export type Consequence = 'fold' | 'wait' | 'fail';

/**
 * `degrade` goes on without what is not essential. `fail` ends the run. Else it waits, unless nobody may return, or not even all
 * who are still in the run would be enough: then waiting would have no end.
 */
export function consequenceOf(state: RunState, lacks: readonly Shortfall[]): Consequence {
  const { onShortfall } = state.contract.runFile.participation;
  if (lacks.length === 0 || (onShortfall === 'degrade' && !lacks.some(({ isEssential }) => isEssential))) return 'fold';
  if (onShortfall === 'fail' || mayReturnSites(state).length === 0 || !canBeMet(state)) return 'fail';
  return 'wait';
}

/** Whether the step would have what it needs (under `degrade`: what it cannot do without) if everybody came who is still in the run. */
function canBeMet(state: RunState): boolean {
  const { onShortfall } = state.contract.runFile.participation;
  const has = (site: SiteId): boolean => {
    const absence = state.absent.get(site);
    return state.accepted.has(site) || absence === undefined || (absence.until !== 'run' && !absence.excused);
  };
  return shortfalls(state, has).every(({ isEssential }) => onShortfall === 'degrade' && !isEssential);
}
