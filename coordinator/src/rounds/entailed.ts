import { idOf, type Step } from '@consilium/shared/contract';
import { apply } from './apply.js';
import { outcomeOf } from './coverage.js';
import { following } from './early-stop.js';
import { consequenceOf, type Shortfall, shortfalls } from './participation.js';
import type { RunRecord } from './records.js';
import { currentStep, pendingSites, type RunState } from './state.js';

/**
 * The records that follow from one that something outside the run caused, and are written with it: what the contract says comes
 * next, and nobody's choice. Who checks a journal finds them there and nowhere else. Pure.
 * @param before the run as it stood when the record came
 */
export function entailed(before: RunState, record: RunRecord): readonly RunRecord[] {
  const after = apply(before, record);
  switch (record.type) {
    case 'offered':
      return opening(after, 0);
    case 'contribution-accepted':
    case 'contribution-refused':
    case 'site-left':
    case 'site-joined':
    case 'site-returned':
      return settling(after);
    case 'step-done':
      return afterStep(after);
    case 'resumed':
      return before.pausedBy === 'stepwise' ? opened(after, following(after)) : settling(after);
    case 'site-rekeyed':
    case 'key-changed':
    case 'extended':
    case 'paused':
    case 'closed':
    case 'step-opened':
    case 'step-folding':
      return [];
    default:
      return record satisfies never;
  }
}

function afterStep(state: RunState): readonly RunRecord[] {
  const index = following(state);
  const next: Step | undefined = state.steps[index];
  if (next === undefined) return [{ type: 'closed', outcome: outcomeOf(state), error: null }];
  if (state.stepwise && next.kind === 'train') return [{ type: 'paused', by: 'stepwise', error: null }];
  return opened(state, index);
}

/** Opens a step; one that asks no site goes straight to folding. */
function opening(state: RunState, index: number): readonly RunRecord[] {
  const step = state.steps[index];
  if (step === undefined) return [];
  const first: RunRecord = { type: 'step-opened', step: idOf(step), index };
  return step.kind === 'initial' ? [first, { type: 'step-folding', step: idOf(step) }] : [first];
}

/** A step opened and settled: everybody may be away by now, and then nobody's word would ever settle it. */
function opened(state: RunState, index: number): readonly RunRecord[] {
  const records = opening(state, index);
  return [...records, ...settling(records.reduce(apply, state))];
}

/**
 * What follows once nobody is waited for: folding, or, as the contract says, a pause that names what is missing, or the end of the
 * run. Or the end of a pause, when somebody is waited for again.
 */
function settling(state: RunState): readonly RunRecord[] {
  if (state.phase === 'closed' || state.stepPhase !== 'open' || state.pausedBy === 'lead') return [];
  const step = currentStep(state);
  if (step === null) return [];
  const isPaused = state.pausedBy === 'participation';
  const resumed: readonly RunRecord[] = isPaused ? [{ type: 'resumed' }] : [];
  if (pendingSites(state).length > 0) return resumed;
  const lacks = shortfalls(state);
  const [first] = lacks;
  const consequence = consequenceOf(state, lacks);
  switch (consequence) {
    case 'fold':
      return [...resumed, ...neverSigned(state, step), folding(step, lacks)];
    case 'fail':
      return [...resumed, { type: 'closed', outcome: 'failed', error: first?.error ?? null }];
    case 'wait':
      return isPaused ? [] : [{ type: 'paused', by: 'participation', error: first?.error ?? null }];
    default:
      return consequence satisfies never;
  }
}

/** A step that is folded all the same says what it lacks. */
const folding = (step: Step, lacks: readonly Shortfall[]): RunRecord => ({
  type: 'step-folding',
  step: idOf(step),
  ...(lacks.length > 0 && { unmet: lacks.map(({ error }) => error) }),
});

/** A site that named no sample count by the time the cohort is folded could only be refused in every later step. */
function neverSigned(state: RunState, step: Step): readonly RunRecord[] {
  if (step.kind !== 'prepare' || step.name !== 'cohort') return [];
  return [...state.absent]
    .filter(([, { until }]) => until !== 'run')
    .map(([site, { excused, error }]) => ({ type: 'site-left', step: idOf(step), site, until: 'run', excused, error }));
}
