import { idOf } from '@consilium/shared/contract';
import { currentStage, currentStep, type RunState } from './state.js';

/** The index of the step after the one that is done: past the rest of its stage where that has stopped early. */
export function following(state: RunState): number {
  if (!stoppedEarly(state)) return state.index + 1;
  const end = state.steps.findIndex(
    ({ kind }, index) => index > state.index && (kind === 'initial' || kind === 'test'),
  );
  return end < 0 ? state.steps.length : end;
}

/** Whether as many judged rounds as the stage has patience for have brought nothing better. */
function stoppedEarly(state: RunState): boolean {
  const patience = currentStage(state)?.earlyStop?.patience;
  const step = currentStep(state);
  if (patience === undefined || step?.kind !== 'validate') return false;
  const best = state.best?.round ?? 0;
  const later = state.steps.filter(
    (other) => other.kind === 'validate' && other.stage === step.stage && other.round > best,
  );
  const judged = new Set(state.history.map((entry) => entry.step));
  return later.filter((other) => judged.has(idOf(other))).length >= patience;
}
