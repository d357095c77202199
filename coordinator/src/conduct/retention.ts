import type { BlobHash } from '@consilium/shared/ids';
import type { RunState } from '../rounds/index.js';

/**
 * The blobs that a run still needs: its contract, the weights that it began with, the earlier model that it judges, what the next step stands on, the best and the newest model, the stage's frozen tensors, what the strategy goes on from, the
 * open step's contributions (after the end: the final reports), and the rounds whose updates the contract keeps. Updates reveal
 * patients: those of earlier rounds are gone.
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
    ...[...state.accepted.values()].map(({ manifest }) => manifest.hash),
  ];
  return new Set(needed.filter((hash) => hash !== null));
}

/** What a run named before a change and needs no more after it. */
export function droppedBlobs(before: RunState, after: RunState): readonly BlobHash[] {
  const refused = [...before.refused.values()].map(({ hash }) => hash);
  const needed = neededBlobs(after);
  return [...neededBlobs(before), ...refused].filter((hash) => !needed.has(hash));
}
