import { readFile } from 'node:fs/promises';
import { type Contract, contractHash, openContract, type Step, stepsOf } from '@consilium/shared/contract';
import { verify } from '@consilium/shared/crypto';
import { asCoded, type CodedError, fail, fromWire } from '@consilium/shared/errors';
import type { BlobHash, ConsortiumId, PublicKey } from '@consilium/shared/ids';
import type { SiteActivity, SiteStatus, Work } from '@consilium/shared/wire';
import type { Connection } from '../connection/index.js';
import { admit, type Egress } from '../governance/index.js';
import type { Trainer } from '../trainer/index.js';
import { type Author, contribute } from './contribute.js';
import { type Kept, openRunFolder, type RunFolder } from './run-folder.js';

/** What obeying takes. */
export interface Means extends Author {
  readonly runs: string;
  readonly trust: { readonly lead: PublicKey; readonly consortium: ConsortiumId };
  readonly connection: Pick<Connection, 'fetch'>;
  readonly egress: Egress;
  readonly trainerFor: (contract: Contract) => Promise<Trainer>;
  readonly say: (activity: SiteActivity, progress?: SiteStatus['progress']) => void;
}

export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly error: CodedError }
  /** The coordinator could not take or judge it now. */
  | { readonly kind: 'deferred'; readonly error: CodedError };

/**
 * Does what an assignment asks, or what is left of it: whatever an earlier try, or an earlier process, finished is used.
 * @throws CSM-CONTRACT-*, CSM-AGENT-*, CSM-EGRESS-*, the coded faults of data, model and trainer, the signal's reason
 */
export async function obey(work: Work, means: Means, signal: AbortSignal): Promise<Outcome> {
  const folder = await openRunFolder(means.runs, work.run);
  const contract = await readContract(work, folder, means, signal);
  const { verdict } = work;
  if (verdict?.outcome === 'accepted') return { kind: 'accepted' };
  const earlier = await folder.kept(work.step);
  if (verdict?.outcome === 'refused' && verdict.hash === earlier?.contribution.manifest.hash) {
    return { kind: 'refused', error: fromWire(verdict.error) };
  }
  await admit(folder.folder, contract, work);
  const step = stepsOf(contract.runFile)[work.index] ?? fail('CSM-AGENT-STEP-UNKNOWN', work);
  const previous = piecesOf(step, contract);
  await folder.tidy(work.step, [work.contractBlob, work.model, work.frozen ?? null, work.preparation, ...previous]);
  const kept = earlier ?? (await make(work, step, contract, folder, means, signal));
  return send(kept, step, contract, await modelBytes(work, folder), means, signal);
}

/** The contract as the lead signed it, fetched once and again when it is extended, and checked each time: it may have ended since. */
async function readContract(work: Work, folder: RunFolder, means: Means, signal: AbortSignal): Promise<Contract> {
  const path = await obtain(work.contractBlob, work, folder, means, signal);
  const { lead, consortium } = means.trust;
  const contract = openContract(await readFile(path), { lead, consortium, now: means.now(), verify });
  if (contract.run !== work.run || contractHash(contract) !== work.contract) fail('CSM-CONTRACT-SIGNATURE');
  return contract;
}

/** Brings a blob that the assignment names to this disk. It goes on where an earlier try stopped. */
function obtain(
  hash: BlobHash,
  { run, step }: Work,
  folder: RunFolder,
  { connection, say }: Means,
  signal: AbortSignal,
): Promise<string> {
  return folder.obtain(hash, (sink) => {
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
  folder: RunFolder,
  means: Means,
  signal: AbortSignal,
): Promise<Kept> {
  const fetched = async (hash: BlobHash | null): Promise<string | null> =>
    hash === null ? null : obtain(hash, work, folder, means, signal);
  const model = await fetched(work.model);
  const frozen = await fetched(work.frozen ?? null);
  const preparation = await fetched(work.preparation);
  const previous: string[] = [];
  for (const hash of piecesOf(step, contract)) previous.push(await obtain(hash, work, folder, means, signal));
  const trainer = await means.trainerFor(contract);
  const fetchedHere = { model, frozen, preparation, previous };
  return contribute({ work, step, contract, folder, ...fetchedHere, trainer, say: means.say, signal }, means);
}

/** The pieces of the earlier model that the final test judges beside the common one. */
const piecesOf = (step: Step, { previous }: Contract): readonly BlobHash[] =>
  step.kind === 'test' ? (previous?.parts ?? []) : [];

async function send(
  { contribution, patients, path }: Kept,
  step: Step,
  contract: Contract,
  modelSize: number | null,
  { egress, say }: Means,
  signal: AbortSignal,
): Promise<Outcome> {
  const { minimumCohort } = contract.runFile.validation;
  say('uploading');
  try {
    const verdict = await egress.release(
      { contribution, path, step, patients, minimumCohort, modelBytes: modelSize },
      { signal, onProgress: (done, total) => say('uploading', { done, total, unit: 'bytes' }) },
    );
    return verdict.outcome === 'accepted' ? { kind: 'accepted' } : { kind: 'refused', error: fromWire(verdict.error) };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asCoded(thrown);
    if (error.code.startsWith('CSM-EGRESS') || error.code === 'CSM-AGENT-DISK') throw error;
    return { kind: 'deferred', error };
  }
}

/** An update is as large as its model. The model is not there when only a kept update is sent again: then it was checked. */
async function modelBytes({ model, step }: Work, folder: RunFolder): Promise<number | null> {
  if (model === null) return null;
  const bytes = await folder.sizeOf(model);
  return bytes ?? (await folder.kept(step))?.contribution.manifest.bytes ?? null;
}
