import { idOf, type Step } from '@consilium/shared/contract';
import type { BlobHash, SiteId, StepId } from '@consilium/shared/ids';
import type { Work } from '@consilium/shared/wire';
import { samplesOfAll } from './samples.js';
import { currentStage, currentStep, inOrder, type RunState, resultOf } from './state.js';

/** What the shell must do now. Follows from the state alone, so a crash in between loses nothing. */
export type Deed = {
  readonly kind: 'fold';
  readonly step: Step;
  readonly id: StepId;
  /** Contributions in canonical site order. */
  readonly contributions: readonly {
    readonly site: SiteId;
    readonly hash: BlobHash;
    readonly samples: number;
    readonly contract: BlobHash;
  }[];
  readonly model: BlobHash | null;
  readonly frozen: BlobHash | null;
  readonly preparation: BlobHash | null;
  readonly strategyState: BlobHash | null;
  /** Training samples that each site signed for the step, whether it contributes or not. */
  readonly samples: ReadonlyMap<SiteId, number>;
};

export const work = (state: RunState): Deed | null =>
  state.phase === 'running' && state.stepPhase === 'folding' ? deedOf(state) : null;

/** What folding the open step takes, as it stands. A fold is made again from this alone. */
export function deedOf(state: RunState): Deed | null {
  const step = currentStep(state);
  if (step === null) return null;
  const contributions = inOrder(state.accepted).map(({ site, hash, samples, contract }) => ({
    site,
    hash,
    samples,
    contract,
  }));
  const { frozen, preparation, strategyState } = state;
  return {
    kind: 'fold',
    step,
    id: idOf(step),
    contributions,
    model: baseOf(state),
    frozen,
    preparation,
    strategyState,
    samples: samplesOfAll(state, step),
  };
}

/** The model that a step starts from or judges: the newest while training; at the end of a stage the chosen one. */
export function baseOf(state: RunState): BlobHash | null {
  const kind = currentStep(state)?.kind;
  return kind === 'test' || kind === 'initial' ? resultOf(state) : state.model;
}

const trainingStep = /^train:(\d+):(\d+)$/;

/**
 * The round whose local tensors belong to the model of the open step: the newest that the site had a part in, of this stage or of
 * those before, up to the one that each handed over.
 */
function carriedOf(state: RunState, site: SiteId): StepId | null {
  const step = currentStep(state);
  const stage = currentStage(state);
  if (step === null || stage === null) return null;
  const newest = step.kind === 'test' ? (state.best?.round ?? stage.rounds) : stage.rounds;
  const limits = [...state.chosen, newest];
  // From the newest back, so that it takes no longer after a thousand rounds: asked for each site in each step.
  const counts = (id: StepId): boolean => {
    const [, ofStage = '', round = ''] = trainingStep.exec(id) ?? [];
    return round !== '' && Number(round) <= (limits[Number(ofStage)] ?? 0);
  };
  return state.history.findLast((entry) => counts(entry.step) && entry.sites.includes(site))?.step ?? null;
}

/** What the strategy keeps, where sites train by it. */
function controlOf(state: RunState): BlobHash | null {
  const trainsByIt = state.contract.runFile.training.strategy.name === 'scaffold';
  return trainsByIt && currentStep(state)?.kind === 'train' ? state.strategyState : null;
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
  const carried = carriedOf(state, site);
  const control = controlOf(state);
  return {
    run: state.contract.run,
    contract: state.contractHash,
    contractBlob: state.contractBlob,
    step: idOf(step),
    index: state.index,
    model: baseOf(state),
    ...(state.frozen !== null && { frozen: state.frozen }),
    ...(control !== null && { control }),
    ...(carried !== null && { carried }),
    preparation: state.preparation,
    journal,
    verdict: accepted
      ? { outcome: 'accepted', hash: accepted.manifest.hash }
      : refused
        ? { outcome: 'refused', hash: refused.hash, error: { ...refused.error, details: { ...refused.error.details } } }
        : null,
  };
}
