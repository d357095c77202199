import { canonicalBytes } from '@consilium/shared/canonical';
import {
  type Contract,
  contractHash,
  contributionOf,
  idOf,
  openContract,
  type Step,
  stepsOf,
  updateCoding,
} from '@consilium/shared/contract';
import { type Identity, verify } from '@consilium/shared/crypto';
import { asCoded, type CodedError, fail, fromWire } from '@consilium/shared/errors';
import type { BlobHash, ConsortiumId, PublicKey, StepId } from '@consilium/shared/ids';
import { decodeHeader, headerLimitBytes, updateForm } from '@consilium/shared/weights';
import {
  manifestDomain,
  maxSmallBlobBytes,
  type SignedManifest,
  type SiteActivity,
  type SiteStatus,
  type Work,
} from '@consilium/shared/wire';
import { type Connection, fileSource, memorySink } from '../connection/index.js';
import { admit, type Egress, refuseLeft } from '../governance/index.js';
import type { Trainer } from '../trainer/index.js';
import { type BlobFolder, openBlobFolder } from './blob-folder.js';
import { type Author, contribute, signed } from './contribute.js';
import { type Fetched, openFetched, sharedBytes } from './fetched.js';
import { fetchedBlob, type Kept, openRunFolder, type RunFolder } from './run-folder.js';
import { noteAccepted } from './turnout.js';

/** What obeying takes. */
export interface Means extends Author {
  readonly runs: string;
  /** Folder of the runs that the hospital has left. */
  readonly left: string;
  /** Folder of the blobs that may be of use to several runs. */
  readonly blobs: string;
  readonly trust: { readonly lead: PublicKey; readonly consortium: ConsortiumId };
  readonly connection: Pick<Connection, 'fetch'>;
  readonly egress: Egress;
  readonly trainerFor: (contract: Contract) => Promise<Trainer>;
  readonly say: (activity: SiteActivity, progress?: SiteStatus['progress']) => void;
}

/** Where what a step takes and makes lies on this disk. */
interface Places {
  readonly folder: RunFolder;
  /** Blobs for all runs. */
  readonly shared: BlobFolder;
  readonly fetched: Fetched;
}

export type Outcome =
  | { readonly kind: 'accepted'; readonly hash: BlobHash }
  | { readonly kind: 'refused'; readonly error: CodedError }
  /** The coordinator could not take or judge it now. */
  | { readonly kind: 'deferred'; readonly error: CodedError };

/**
 * Does what an assignment asks, or what is left of it: whatever an earlier try, or an earlier process, finished is used.
 * @throws CSM-CONTRACT-*, CSM-AGENT-*, CSM-EGRESS-*, the coded faults of data, model and trainer, the signal's reason
 */
export async function obey(work: Work, means: Means, signal: AbortSignal): Promise<Outcome> {
  const { contract, bytes } = await readContract(work, means, signal);
  const folder = await openRunFolder(means.runs, work.run, means.disk);
  await folder.blobs.put(work.contractBlob, bytes);
  const shared = await openBlobFolder(means.blobs, means.disk);
  const places: Places = { folder, shared, fetched: openFetched(folder.blobs, shared, means.now) };
  const outcome = await outcomeOf(work, contract, places, means, signal);
  if (outcome.kind === 'accepted') await noteCounted(work.step, outcome.hash, contract, folder, means);
  return outcome;
}

/** Notes that a step took what this site finished for it. A word of the coordinator that is of nothing from here counts for none. */
async function noteCounted(
  id: StepId,
  hash: BlobHash | null,
  { runFile }: Contract,
  folder: RunFolder,
  { disk }: Means,
): Promise<void> {
  const step = stepsOf(runFile).find((one) => idOf(one) === id);
  const own = await folder.finished(id);
  if (step === undefined || own === null || (hash !== null && own.contribution.manifest.hash !== hash)) return;
  await noteAccepted(folder.folder, step, disk);
}

async function outcomeOf(
  work: Work,
  contract: Contract,
  places: Places,
  means: Means,
  signal: AbortSignal,
): Promise<Outcome> {
  const { folder, shared } = places;
  const { verdict } = work;
  if (verdict?.outcome === 'accepted') return { kind: 'accepted', hash: verdict.hash };
  const earlier = await folder.kept(work.step);
  if (verdict?.outcome === 'refused' && verdict.hash === earlier?.contribution.manifest.hash) {
    return { kind: 'refused', error: fromWire(verdict.error) };
  }
  await refuseLeft(means.left, work.run);
  await admit(folder.folder, contract, work, means.disk);
  // The newest round that took an update of this site: its verdict may have come when no agent was there to note it.
  if (work.carried !== undefined) await noteCounted(work.carried, null, contract, folder, means);
  const step = stepsOf(contract.runFile)[work.index] ?? fail('CSM-AGENT-STEP-UNKNOWN', work);
  const previous = piecesOf(step, contract);
  const named = [work.contractBlob, work.model, work.frozen ?? null, work.control ?? null, work.preparation];
  const blobs = new Set([...named.filter((hash) => hash !== null), ...previous]);
  await folder.tidy({ step: work.step, carried: work.carried ?? null, blobs });
  await shared.keepNewest(blobs, sharedBytes);
  const kept =
    (await ownWord(earlier, step, folder, means)) ?? (await make(work, step, contract, places, means, signal));
  return send(kept, step, contract, await updateBytes(work, step, contract, places), means, signal);
}

/**
 * What an earlier try finished, under the site's present key: the one that signed it may have been replaced since. A report is signed
 * within its blob, so that an evaluation is made again.
 */
async function ownWord(earlier: Kept | null, step: Step, folder: RunFolder, { identity }: Means): Promise<Kept | null> {
  if (earlier === null || isSignedBy(earlier.contribution, identity())) return earlier;
  if (contributionOf(step) === 'report') return null;
  return folder.resign(earlier, signed(earlier.contribution.manifest, identity()));
}

const isSignedBy = ({ manifest, signature }: SignedManifest, { publicKey }: Identity): boolean =>
  verify(publicKey, manifestDomain, canonicalBytes(manifest), signature);

/**
 * The contract as the lead signed it, fetched once and again when it is extended, and checked each time: it may have ended since. Until
 * it is known for the lead's it lies in memory: a coordinator that invents runs puts nothing on this disk.
 */
async function readContract(
  work: Work,
  { runs, trust: { lead, consortium }, connection, say, now }: Means,
  signal: AbortSignal,
): Promise<{ readonly contract: Contract; readonly bytes: Uint8Array }> {
  const { run, step, contractBlob: hash } = work;
  let bytes = await fetchedBlob(runs, run, hash);
  if (bytes === null) {
    say('fetching');
    const sink = memorySink();
    await connection.fetch({ run, step, hash }, sink, { signal, maxBytes: maxSmallBlobBytes });
    bytes = sink.bytes();
  }
  const contract = openContract(bytes, { lead, consortium, now: now(), verify });
  if (contract.run !== run || contractHash(contract) !== work.contract) fail('CSM-CONTRACT-SIGNATURE');
  return { contract, bytes };
}

/** Brings a blob that the assignment names to this disk. It goes on where an earlier try stopped. */
function obtain(
  { hash, lasts }: { readonly hash: BlobHash; readonly lasts: boolean },
  { run, step }: Work,
  fetched: Fetched,
  { connection, say }: Means,
  signal: AbortSignal,
): Promise<string> {
  return fetched.obtain(hash, lasts, (sink) => {
    say('fetching');
    return connection.fetch({ run, step, hash }, sink, {
      signal,
      onProgress: (done, total) => say('fetching', { done, total, unit: 'bytes' }),
    });
  });
}

async function make(
  work: Work,
  step: Step,
  contract: Contract,
  { folder, fetched }: Places,
  means: Means,
  signal: AbortSignal,
): Promise<Kept> {
  const bring = async (hash: BlobHash | null, lasts = false): Promise<string | null> =>
    hash === null ? null : obtain({ hash, lasts }, work, fetched, means, signal);
  const model = await bring(work.model, step.kind === 'train' && step.round === 1);
  const frozen = await bring(work.frozen ?? null, true);
  const control = await bring(work.control ?? null);
  const preparation = await bring(work.preparation);
  const previous: string[] = [];
  for (const hash of piecesOf(step, contract)) {
    previous.push(await obtain({ hash, lasts: true }, work, fetched, means, signal));
  }
  const trainer = await means.trainerFor(contract);
  const fetchedHere = { model, frozen, control, preparation, previous };
  return contribute({ work, step, contract, folder, ...fetchedHere, trainer, say: means.say, signal }, means);
}

/** The pieces of the earlier model that the final test judges beside the common one. */
const piecesOf = (step: Step, { previous }: Contract): readonly BlobHash[] =>
  step.kind === 'test' ? (previous?.parts ?? []) : [];

async function send(
  { contribution, patients, path }: Kept,
  step: Step,
  contract: Contract,
  limitBytes: number | null,
  { egress, say, identity }: Means,
  signal: AbortSignal,
): Promise<Outcome> {
  const { minimumCohort } = contract.runFile.validation;
  say('uploading');
  try {
    const verdict = await egress.release(
      { contribution, path, step, patients, minimumCohort, updateBytes: limitBytes },
      { signal, onProgress: (done, total) => say('uploading', { done, total, unit: 'bytes' }) },
    );
    if (verdict.outcome === 'accepted') return { kind: 'accepted', hash: contribution.manifest.hash };
    // The key may have changed on the way; then it is signed again.
    const kind = isSignedBy(contribution, identity()) ? 'refused' : 'deferred';
    return { kind, error: fromWire(verdict.error) };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asCoded(thrown);
    if (/^CSM-(?:EGRESS|AGENT)-/.test(error.code)) throw error;
    return { kind: 'deferred', error };
  }
}

/**
 * How large an update is, model and codec say. The model may be gone, or altered by the disk, when only a kept update is sent again: then
 * that was checked.
 */
async function updateBytes(
  { model, step: id }: Work,
  step: Step,
  { runFile }: Contract,
  { folder, fetched }: Places,
): Promise<number | null> {
  if (model === null || step.kind !== 'train') return null;
  const path = await fetched.placeOf(model);
  if (path === null) return (await folder.kept(id))?.contribution.manifest.bytes ?? null;
  return updateForm(decodeHeader(await beginningOf(path)), updateCoding(runFile, step.stage)).bytes;
}

/** A weights file as far as its header may go. */
async function beginningOf(path: string): Promise<Uint8Array> {
  const source = await fileSource(path);
  try {
    return await source.read(0, Math.min(headerLimitBytes, source.bytes));
  } finally {
    await source.close();
  }
}
