import { idOf, type Step } from '@consilium/shared/contract';
import type { BlobHash, SiteId, StepId } from '@consilium/shared/ids';
import type { Work } from '@consilium/shared/wire';
import { currentStep, type RunState, resultOf } from './state.js';

/** What the shell must do now. Follows from the state alone, so a crash in between loses nothing. */
export type Deed = {
  readonly kind: 'fold';
  readonly step: Step;
  readonly id: StepId;
  /** Contributions in canonical site order. */
  readonly contributions: readonly { readonly site: SiteId; readonly hash: BlobHash; readonly samples: number }[];
  readonly model: BlobHash | null;
  readonly preparation: BlobHash | null;
};

export function work(state: RunState): Deed | null {
  const step = currentStep(state);
  if (state.phase !== 'running' || state.stepPhase !== 'folding' || step === null) return null;
  const contributions = [...state.accepted]
    .map(([site, { manifest }]) => ({ site, hash: manifest.hash, samples: manifest.samples }))
    .sort((a, b) => (a.site < b.site ? -1 : 1));
  return { kind: 'fold', step, id: idOf(step), contributions, model: baseOf(state), preparation: state.preparation };
}

/** The model that a step starts from or judges: the newest while training, the chosen one in the final test. */
export function baseOf(state: RunState): BlobHash | null {
  return currentStep(state)?.kind === 'test' ? resultOf(state) : state.model;
}

/** What one site should be doing now; null when nothing. */
export function workFor(state: RunState, site: SiteId, journal: BlobHash): Work | null {
  const step = currentStep(state);
  if (state.phase !== 'running' && state.pausedBy !== 'participation') return null;
  if (step === null || step.kind === 'initial' || state.contractHash === null || state.contractBlob === null)
    return null;
  if (!state.sites.includes(site) || state.absent.get(site)?.until === 'run') return null;
  const accepted = state.accepted.get(site);
  const refused = state.refused.get(site);
  return {
    run: state.contract.run,
    contract: state.contractHash,
    contractBlob: state.contractBlob,
    step: idOf(step),
    index: state.index,
    model: baseOf(state),
    preparation: state.preparation,
    journal,
    verdict: accepted
      ? { outcome: 'accepted', hash: accepted.manifest.hash }
      : refused
        ? { outcome: 'refused', hash: refused.hash, error: { ...refused.error, details: { ...refused.error.details } } }
        : null,
  };
}
