import { updateCoding } from '@consilium/shared/contract';
import { verify } from '@consilium/shared/crypto';
import { asCoded, CodedError, coded, fail, toWire, type WireError } from '@consilium/shared/errors';
import type { BlobHash, PublicKey, SiteId, StepId } from '@consilium/shared/ids';
import { readEvaluation, verifyReport } from '@consilium/shared/report';
import { checkStatistics, readPreparation } from '@consilium/shared/statistics';
import {
  type ContributionManifest,
  maxSmallBlobBytes,
  type SignedManifest,
  type Verdict,
} from '@consilium/shared/wire';
import { checkUpdate, updateBytes } from '../aggregation/index.js';
import { baseOf, currentStep, currentStepId, type RunState } from '../rounds/index.js';
import { acceptedOfSite, type Blobs, type Spools, type Store } from '../store/index.js';
import { checkContribution } from './check-contribution.js';
import type { Conductor } from './conductor.js';
import { evaluationTerms } from './evaluation-terms.js';
import { wholeBlob } from './fold-step.js';
import type { Limit } from './limit.js';

export interface IntakeMeans {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly spools: Spools;
  /** How many blobs are looked through at once, of all sites. */
  readonly judging: Limit;
  /** Removes a blob unless something else needs it. */
  readonly release: (hash: BlobHash) => Promise<void>;
}

/**
 * Judges what a site hands in for a step: its signed manifest against the open step, then the blob itself.
 * Only what passes both is offered to the run. A blob that fails the second is named in the journal and removed;
 * a manifest that fails the first was never the site's word on this step, and leaves no trace there.
 */
export async function takeIn(
  conductor: Conductor,
  site: SiteId,
  publicKey: PublicKey,
  contribution: SignedManifest,
  { store, blobs, spools, judging, release }: IntakeMeans,
): Promise<Verdict> {
  const { run, step, hash } = contribution.manifest;
  const { state } = conductor;
  const first = await acceptedHash(state, site, step, store);
  if (first === hash) return { type: 'verdict', outcome: 'accepted', run, step, hash };

  const former = currentStepId(state) === step ? state.refused.get(site) : undefined;
  if (former?.hash === hash) return refusal(contribution.manifest, former.error);
  try {
    checkContribution(state, site, publicKey, contribution);
    await checkUploaded(spools, contribution.manifest);
  } catch (thrown) {
    return refusal(contribution.manifest, toWire(known(thrown)));
  }
  let error: WireError | null = null;
  try {
    if (first === null) error = await judging(() => faultOf(state, publicKey, contribution.manifest, blobs));
  } catch (thrown) {
    // What the site had sent did not last on this disk: it is asked to send it again.
    if (!isLost(thrown, hash)) throw thrown;
    await discardUpload(spools, contribution.manifest);
    await release(hash);
    throw thrown;
  }
  const after = await conductor.send({ kind: 'contribution', site, contribution, key: publicKey, error });
  if (after.accepted.get(site)?.manifest.hash === hash)
    return { type: 'verdict', outcome: 'accepted', run, step, hash };
  await discardUpload(spools, contribution.manifest);
  await release(hash);
  const refused = after.refused.get(site);
  if (refused?.hash === hash) return refusal(contribution.manifest, refused.error);
  const isSecond = currentStepId(after) === step && after.accepted.has(site);
  const cause = coded(isSecond ? 'CSM-UPDATE-SECOND' : 'CSM-UPDATE-LATE', { site, step });
  return refusal(contribution.manifest, error ?? toWire(cause));
}

/** What of a site was accepted for a step; null while nothing is. */
async function acceptedHash(state: RunState, site: SiteId, step: StepId, store: Store): Promise<BlobHash | null> {
  const { run } = state.contract;
  // Of the open step the run itself knows; what was accepted of a site that left since stands in the table alone.
  if (currentStepId(state) === step && !state.absent.has(site)) return state.accepted.get(site)?.manifest.hash ?? null;
  return (await store.read((db) => acceptedOfSite(db, { run, step, site })))?.hash ?? null;
}

/** The most bytes that a site may send for the open step; how large an update is, model and codec say. */
export async function limitBytes(state: RunState, blobs: Blobs): Promise<number> {
  const step = currentStep(state);
  const base = baseOf(state);
  if (step?.kind !== 'train' || base === null) return maxSmallBlobBytes;
  return updateBytes(blobs, base, updateCoding(state.contract.runFile, step.stage));
}

/** A site stands for what it uploaded itself: naming the hash of another site's blob is not enough. */
async function checkUploaded(spools: Spools, { site, run, step, hash, bytes }: ContributionManifest): Promise<void> {
  const spool = await spools.open({ site, run, step, hash, bytes });
  try {
    if (spool.offset < bytes) fail('CSM-UPDATE-NO-BLOB', { site, step });
    await spool.finish();
  } finally {
    await spool.close();
  }
}

/** Forgets that the site has uploaded this. */
async function discardUpload(spools: Spools, { site, run, step, hash, bytes }: ContributionManifest): Promise<void> {
  const spool = await spools.open({ site, run, step, hash, bytes });
  await spool.discard();
}

/** What is wrong with the blob itself; null when it is good. */
async function faultOf(
  state: RunState,
  publicKey: PublicKey,
  manifest: ContributionManifest,
  blobs: Blobs,
): Promise<WireError | null> {
  try {
    await checkBlob(state, publicKey, manifest, blobs);
    return null;
  } catch (thrown) {
    return toWire(known(thrown));
  }
}

async function checkBlob(
  state: RunState,
  publicKey: PublicKey,
  manifest: ContributionManifest,
  blobs: Blobs,
): Promise<void> {
  const { contract, preparation } = state;
  const { runFile } = contract;
  const step = currentStep(state);
  if (step === null) return;
  const { hash, samples, site } = manifest;
  if (step.kind !== 'train' && manifest.bytes > maxSmallBlobBytes) {
    fail('CSM-UPDATE-SIZE', { site, bytes: manifest.bytes, expected: maxSmallBlobBytes });
  }
  switch (step.kind) {
    case 'prepare': {
      const bytes = await wholeBlob(blobs, hash);
      const before = preparation && readPreparation(await wholeBlob(blobs, preparation));
      checkStatistics(step.name, { bytes, samples }, { contract, state: before, pass: step.pass });
      return;
    }
    case 'train': {
      const base = baseOf(state);
      const { normBound } = runFile.training.strategy;
      const coding = updateCoding(runFile, step.stage);
      if (base !== null) await checkUpdate({ site, base, update: hash, coding, blobs, normBound });
      return;
    }
    case 'validate':
    case 'test': {
      const model = baseOf(state);
      if (model === null) return;
      const terms = evaluationTerms(contract, manifest, model);
      const { report } = readEvaluation(await wholeBlob(blobs, hash), terms);
      if (report !== null) verifyReport(report, publicKey, verify);
      return;
    }
    case 'initial':
      return;
    default:
      step satisfies never;
  }
}

/** A coded fault of the contribution. Anything else is ours and must not be taken for the site's. */
function known(thrown: unknown): CodedError {
  const error = asCoded(thrown);
  if (/^CSM-(?:INTERNAL|BLOB|STORE)/.test(error.code)) throw thrown;
  return error;
}

const isLost = (thrown: unknown, hash: BlobHash): boolean =>
  thrown instanceof CodedError &&
  (thrown.code === 'CSM-BLOB-DAMAGED' || thrown.code === 'CSM-BLOB-MISSING') &&
  thrown.details.hash === hash;

const refusal = ({ run, step, hash }: ContributionManifest, { code, details }: WireError): Verdict => ({
  type: 'verdict',
  outcome: 'refused',
  run,
  step,
  hash,
  error: { code, details: { ...details } },
});
