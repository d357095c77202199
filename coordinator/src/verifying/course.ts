import { canonicalHash } from '@consilium/shared/canonical';
import type { SiteId, StepId } from '@consilium/shared/ids';
import {
  currentStep,
  currentStepId,
  entailed,
  isExcused,
  isReadmitted,
  type RunRecord,
  type RunState,
} from '../rounds/index.js';

/** Records that must come next, in this order and before anything else: they were written with the one that led to them. */
export type Due = readonly RunRecord[];

/** What is due once a record has come. */
export const dueAfter = (before: RunState, due: Due, record: RunRecord): Due =>
  due.length > 0 ? due.slice(1) : entailed(before, record);

/**
 * Why a run could not have come to a record here, by the contract that it goes by; null when it could. What befalls it from outside
 * may come at many moments, what follows from that at its own alone: a step is opened when it is the next one, and folded when of
 * each site is told what became of it; and a run ends as its course says.
 */
export function problemOf(state: RunState, due: Due, record: RunRecord): string | null {
  if (state.phase === 'closed') return 'the run was closed before it';
  if ((state.phase === 'new') !== (record.type === 'offered')) return 'a run begins with its offer, once';
  const [next] = due;
  if (next === undefined) return causeProblem(state, record);
  if (next.type !== record.type) return `${named(next)} is due before it`;
  return canonicalHash(next) === canonicalHash(record) ? null : 'it does not say what follows from the records before';
}

/** Why nothing from outside could have led to a record. */
function causeProblem(state: RunState, record: RunRecord): string | null {
  switch (record.type) {
    case 'contribution-accepted':
      if (state.accepted.has(record.site)) return `${record.site} has a part in ${record.step} already`;
      return memberProblem(state, record.site) ?? stepProblem(state, record.step, 'open');
    case 'contribution-refused':
      return memberProblem(state, record.site) ?? stepProblem(state, record.step, 'open');
    case 'step-done':
      return stepProblem(state, record.step, 'folding');
    case 'site-left':
      return leavingProblem(state, record);
    case 'site-returned': {
      const absence = state.absent.get(record.site);
      return absence !== undefined && isReadmitted(absence) ? null : `${record.site} is not to return`;
    }
    case 'site-joined':
      return joiningProblem(state, record.site);
    case 'paused':
      return record.by === 'lead' && state.phase === 'running' ? null : unled;
    case 'resumed':
      return state.pausedBy === 'lead' || state.pausedBy === 'stepwise' ? null : unled;
    case 'closed':
      return record.outcome === 'failed' ? null : 'the run was not at its end';
    case 'step-opened':
    case 'step-folding':
      return unled;
    case 'offered':
    case 'site-rekeyed':
    case 'key-changed':
    case 'extended':
      return null;
    default:
      return record satisfies never;
  }
}

const unled = 'no record before leads to it';

const stepProblem = (state: RunState, step: StepId, phase: RunState['stepPhase']): string | null =>
  step === currentStepId(state) && state.stepPhase === phase ? null : `${step} is not ${phase}`;

function memberProblem(state: RunState, site: SiteId): string | null {
  if (!state.sites.includes(site)) return `the run was not offered to ${site}`;
  return state.absent.get(site)?.until === 'run' ? `${site} has left the run` : null;
}

function leavingProblem(state: RunState, { site, step, excused, error }: Left): string | null {
  if (step !== currentStepId(state)) return `the run was not at ${step}`;
  if (excused && !isExcused(state, site, error.code)) return `the contract does not excuse ${site} here`;
  return memberProblem(state, site);
}

function joiningProblem(state: RunState, site: SiteId): string | null {
  if (state.contract.runFile.participation.lateJoiners !== 'accept') return 'the contract takes no later sites';
  if (state.sites.includes(site)) return `${site} is in the run already`;
  const step = currentStep(state);
  const counts = step?.kind === 'prepare' && step.name === 'cohort' && state.stepPhase === 'open';
  return counts ? null : 'patients are counted no more';
}

const named = (record: RunRecord): string => ('step' in record ? `${record.type} of ${record.step}` : record.type);

type Left = Extract<RunRecord, { readonly type: 'site-left' }>;
