import { keptRounds } from '@consilium/shared/contract';
import type { BlobHash, SiteId, StepId } from '@consilium/shared/ids';
import type { StepOutput } from './records.js';
import type { RunState } from './state.js';
import { type Deed, deedOf } from './work.js';

/** A folded round of training whose updates stay, so that the fold can be made again. */
export interface KeptRound {
  readonly step: StepId;
  readonly updates: readonly { readonly site: SiteId; readonly hash: BlobHash }[];
  /** What the fold took beside the updates, and what it made. */
  readonly models: readonly BlobHash[];
}

/** The kept rounds once the open step has made `output`: the newest ones, as many as the contract says. */
export function keptAfter(state: RunState, output: StepOutput): readonly KeptRound[] {
  const deed = deedOf(state);
  const limit = keptRounds(state.contract.runFile);
  if (deed?.step.kind !== 'train' || limit === 0) return state.kept;
  const models = [...baseBlobs(deed), ...madeBlobs(output)];
  const updates = deed.contributions.map(({ site, hash }) => ({ site, hash }));
  const kept = [...state.kept, { step: deed.id, updates, models }];
  return kept.length > limit ? kept.slice(-limit) : kept;
}

/** What folding a round of training takes beside the updates. */
export const baseBlobs = ({ model, strategyState }: Deed): readonly BlobHash[] =>
  [model, strategyState].flatMap((hash) => hash ?? []);

/** What it makes. */
export const madeBlobs = ({ model, strategyState }: StepOutput): readonly BlobHash[] =>
  [model, strategyState].flatMap((hash) => hash ?? []);
