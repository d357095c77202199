import type { BlobHash } from '@consilium/shared/ids';
import { currentStepId, type RunState, type StepOutput } from '../rounds/index.js';

/**
 * The blobs that a run still needs: its contract, the weights that it began with, the earlier model that it judges, what the next
 * step stands on, the best and the newest model, the stage's frozen tensors, what the strategy goes on from, the open step's
 * contributions (after the end: the final reports alone), and the rounds whose updates the contract keeps. Updates and statistics
 * reveal patients: those of earlier rounds are gone, and those of a step that came to nothing as soon as the run has ended there.
 */
export function neededBlobs(state: RunState): ReadonlySet<BlobHash> {
  const needed = [
    state.contractBlob,
    state.preparation,
    state.model,
    state.frozen,
    state.best?.model ?? null,
    state.phase === 'closed' ? null : state.strategyState,
    ...(state.phase === 'closed' ? [] : (state.contract.weights?.parts ?? [])),
    ...(state.phase === 'closed' ? [] : (state.contract.previous?.parts ?? [])),
    ...state.kept.flatMap(({ models, updates }) => [...models, ...updates.map(({ hash }) => hash)]),
    ...(state.phase === 'closed' && currentStepId(state) !== 'test' ? [] : contributions(state)),
  ];
  return new Set(needed.filter((hash) => hash !== null));
}

const contributions = ({ accepted }: RunState): readonly BlobHash[] =>
  [...accepted.values()].map(({ manifest }) => manifest.hash);

/** Whether a change may leave blobs that nothing needs any more. Most do not, and then they need not be looked for. */
export const leavesBlobs = (before: RunState, after: RunState): boolean =>
  before.index !== after.index ||
  before.stepPhase !== after.stepPhase ||
  after.phase === 'closed' ||
  before.contractBlob !== after.contractBlob ||
  // Of a hospital that was taken out of the run.
  before.accepted.size > after.accepted.size;

/** What a run named before a change and needs no more after it. */
export function droppedBlobs(before: RunState, after: RunState): readonly BlobHash[] {
  const refused = [...before.refused.values()].map(({ hash }) => hash);
  const needed = neededBlobs(after);
  return [...neededBlobs(before), ...refused].filter((hash) => !needed.has(hash));
}

/** What folding a step has put among the blobs. */
export const madeBy = ({ model, strategyState, frozen, preparation }: StepOutput): readonly BlobHash[] =>
  [model, strategyState, frozen, preparation].filter((hash) => hash !== undefined);
