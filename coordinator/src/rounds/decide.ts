import { type Contract, contractHash, extensionOf, idOf, milliseconds } from '@consilium/shared/contract';
import type { Certificate } from '@consilium/shared/crypto';
import { coded, toWire, type WireError } from '@consilium/shared/errors';
import type { BlobHash, PublicKey, SiteId, StepId } from '@consilium/shared/ids';
import type { SignedManifest } from '@consilium/shared/wire';
import { apply } from './apply.js';
import { entailed } from './entailed.js';
import { extensionFault } from './extension.js';
import { isWaitedForAgain } from './participation.js';
import type { RunRecord, StepOutput } from './records.js';
import { currentStep, pendingSites, type RunState } from './state.js';

/** Refusals of one site in one step that are journaled. What it sends after them is judged, and leaves no trace when it is bad. */
const mostRefusals = 16;

/** What can happen to a run from outside. Time comes in as an input, too. */
export type RunInput =
  | {
      readonly kind: 'launch';
      readonly contractHash: BlobHash;
      readonly contractBlob: BlobHash;
      readonly sites: readonly SiteId[];
      readonly stepwise: boolean;
    }
  /** A complete, checked contribution; `error` when a check refused it. */
  | {
      readonly kind: 'contribution';
      readonly site: SiteId;
      readonly contribution: SignedManifest;
      /** The key that it was found to be signed by. */
      readonly key?: PublicKey;
      readonly error: WireError | null;
    }
  /** A site says that it cannot do the step. `excused`: by the contract's own rule. */
  | {
      readonly kind: 'declined';
      readonly site: SiteId;
      readonly step: StepId;
      readonly excused: boolean;
      readonly error: WireError;
    }
  /** A site has made no progress for this long; `silentMs`: nothing was heard of it, null where nothing ever was. */
  | {
      readonly kind: 'idle';
      readonly site: SiteId;
      readonly idleMs: number;
      readonly silentMs?: number | null;
    }
  /** A site has made progress. */
  | { readonly kind: 'progress'; readonly site: SiteId }
  /** A site was approved after the launch. */
  | { readonly kind: 'approved'; readonly site: SiteId }
  | { readonly kind: 'revoked'; readonly site: SiteId }
  /** The lead certified another key of a site. */
  | { readonly kind: 'rekeyed'; readonly site: SiteId; readonly certificate: Certificate }
  /** The coordinator's key is another one: its journal tells of that, and nothing else changes. */
  | { readonly kind: 'key-changed' }
  | { readonly kind: 'folded'; readonly step: StepId; readonly output: StepOutput }
  | { readonly kind: 'fold-failed'; readonly step: StepId; readonly error: WireError }
  /** From the lead: a longer contract, and the blob that holds it with the signature. */
  | { readonly kind: 'extend'; readonly contract: Contract; readonly contractBlob: BlobHash }
  | { readonly kind: 'next' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'stop' };

/** The records that an input leads to: what it causes itself, each with what that entails. None when it changes nothing. Pure. */
export function decide(state: RunState, input: RunInput): readonly RunRecord[] {
  const records: RunRecord[] = [];
  let now = state;
  for (const cause of causes(state, input)) {
    const together = [cause, ...entailed(now, cause)];
    records.push(...together);
    now = together.reduce(apply, now);
  }
  return records;
}

function causes(state: RunState, input: RunInput): readonly RunRecord[] {
  if (input.kind === 'launch') return launch(state, input);
  if (state.phase === 'new' || state.phase === 'closed') return [];
  switch (input.kind) {
    case 'contribution':
      return contribution(state, input);
    case 'declined':
      return declined(state, input);
    case 'idle':
      return idle(state, input);
    case 'progress':
      return returned(state, input.site);
    case 'approved':
      return joined(state, input.site);
    case 'revoked':
      return revoked(state, input.site);
    case 'rekeyed':
      return rekeyed(state, input.site, input.certificate);
    case 'key-changed':
      return [];
    case 'folded':
      return folded(state, input.step, input.output);
    case 'fold-failed':
      return isCurrent(state, input.step) && state.stepPhase === 'folding'
        ? [{ type: 'closed', outcome: 'failed', error: input.error }]
        : [];
    case 'extend':
      return extension(state, input);
    case 'next':
      return state.pausedBy === 'stepwise' ? [{ type: 'resumed' }] : [];
    case 'pause':
      return state.phase === 'running' ? [{ type: 'paused', by: 'lead', error: null }] : [];
    case 'resume':
      return state.pausedBy === 'lead' ? [{ type: 'resumed' }] : [];
    case 'stop':
      return [{ type: 'closed', outcome: 'failed', error: toWire(coded('CSM-RUN-STOPPED')) }];
    default:
      return input satisfies never;
  }
}

function launch(state: RunState, input: Extract<RunInput, { kind: 'launch' }>): readonly RunRecord[] {
  if (state.phase !== 'new') return [];
  const { contractHash: contract, contractBlob, sites, stepwise } = input;
  return [{ type: 'offered', contract, contractBlob, sites: [...sites].sort(), stepwise }];
}

function extension(
  state: RunState,
  { contract, contractBlob }: Extract<RunInput, { kind: 'extend' }>,
): readonly RunRecord[] {
  if (extensionFault(state, contract) !== null) return [];
  const { rounds, notAfter } = extensionOf(contract);
  const hash = contractHash(contract);
  return [{ type: 'extended', contract: hash, contractBlob, rounds, notAfter: notAfter.toISOString() }];
}

function contribution(
  state: RunState,
  { site, contribution: sent, key, error }: Extract<RunInput, { kind: 'contribution' }>,
): readonly RunRecord[] {
  const { step, hash } = sent.manifest;
  // Its site's key may have changed while it was looked through.
  const due = state.rekeyed.get(site);
  if (due !== undefined && key !== undefined && key !== due) return [];
  if (!isCurrent(state, step) || state.stepPhase !== 'open') return [];
  if (state.absent.get(site)?.until === 'run') return [];
  const first = state.accepted.get(site);
  if (first?.manifest.hash === hash || state.refused.get(site)?.hash === hash) return [];
  const refusal = first === undefined ? error : toWire(coded('CSM-UPDATE-SECOND', { site, step }));
  if (refusal !== null && (state.refusals.get(site) ?? 0) >= mostRefusals) return [];
  return refusal === null
    ? [{ type: 'contribution-accepted', step, site, contribution: sent }]
    : [{ type: 'contribution-refused', step, site, contribution: sent, error: refusal }];
}

/** What a hospital says that takes no further part in the run, by its own word. */
const leftByItself = 'CSM-AGENT-LEFT';

function declined(state: RunState, input: Extract<RunInput, { kind: 'declined' }>): readonly RunRecord[] {
  const { site, step, excused, error } = input;
  if (!waitsFor(state, site) || !isCurrent(state, step)) return [];
  const isForGood = error.code === leftByItself || currentStep(state)?.kind === 'prepare';
  const until = isForGood ? 'run' : 'step';
  return [{ type: 'site-left', step, site, until, excused, error }];
}

function idle(state: RunState, input: Extract<RunInput, { kind: 'idle' }>): readonly RunRecord[] {
  const { site, idleMs, silentMs = null } = input;
  const limit = milliseconds(state.contract.runFile.participation.idleLimit);
  const step = currentStep(state);
  if (step === null || idleMs < limit || !waitsFor(state, site)) return [];
  const heard = silentMs === null ? {} : { heard: Math.round(silentMs / 1000) };
  const cause = coded('CSM-RUN-SITE-IDLE', { site, seconds: Math.round(idleMs / 1000), step: idOf(step), ...heard });
  const error = state.refused.get(site)?.error ?? toWire(cause);
  return [{ type: 'site-left', step: idOf(step), site, until: 'heard', excused: false, error }];
}

function returned(state: RunState, site: SiteId): readonly RunRecord[] {
  const step = currentStep(state);
  if (step === null || !isWaitedForAgain(state, site)) return [];
  return [{ type: 'site-returned', step: idOf(step), site }];
}

/** Only while patients are counted: what is prepared, and how sites are weighed, follows from the counts that were signed then. */
function joined(state: RunState, site: SiteId): readonly RunRecord[] {
  const step = currentStep(state);
  if (state.contract.runFile.participation.lateJoiners !== 'accept' || state.sites.includes(site)) return [];
  if (step?.kind !== 'prepare' || step.name !== 'cohort' || state.stepPhase !== 'open') return [];
  return [{ type: 'site-joined', step: idOf(step), site }];
}

function revoked(state: RunState, site: SiteId): readonly RunRecord[] {
  const step = currentStep(state);
  if (step === null || !state.sites.includes(site) || state.absent.get(site)?.until === 'run') return [];
  const error = toWire(coded('CSM-SITE-REVOKED', { site }));
  return [{ type: 'site-left', step: idOf(step), site, until: 'run', excused: false, error }];
}

function rekeyed(state: RunState, site: SiteId, certificate: Certificate): readonly RunRecord[] {
  const step = currentStep(state);
  const isKnown = state.rekeyed.get(site) === certificate.body.publicKey;
  if (step === null || isKnown || !state.sites.includes(site)) return [];
  return [{ type: 'site-rekeyed', step: idOf(step), site, certificate }];
}

function folded(state: RunState, step: StepId, output: StepOutput): readonly RunRecord[] {
  return isCurrent(state, step) && state.stepPhase === 'folding' ? [{ type: 'step-done', step, output }] : [];
}

function isCurrent(state: RunState, step: StepId): boolean {
  const current = currentStep(state);
  return current !== null && idOf(current) === step;
}

const waitsFor = (state: RunState, site: SiteId): boolean => pendingSites(state).includes(site);
