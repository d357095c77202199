import { canonicalHash } from '@consilium/shared/canonical';
import { type Contract, contractHash, originalOf } from '@consilium/shared/contract';
import { asCoded, coded } from '@consilium/shared/errors';
import type { BlobHash, PublicKey, SiteId, StepId } from '@consilium/shared/ids';
import type { JournalRecord } from '@consilium/shared/journal';
import type { SignedManifest } from '@consilium/shared/wire';
import { checkContribution, foldStep } from '../conduct/index.js';
import {
  apply,
  baseBlobs,
  type Deed,
  deedOf,
  madeBlobs,
  newRun,
  type RunRecord,
  type RunState,
  runRecord,
  type StepOutput,
} from '../rounds/index.js';
import type { Blobs } from '../store/index.js';
import { type Due, dueAfter, problemOf } from './course.js';
import { badRecord, type Finding, finding, journalFile } from './finding.js';
import type { CertifiedKeys } from './keys.js';

/** What became of one fold: made again with the same result, or only the coordinator's word, or something else. */
export interface FoldCheck {
  readonly step: StepId;
  readonly record: number;
  readonly verdict: 'recomputed' | 'attested' | 'altered';
}

export interface Replay {
  readonly state: RunState;
  readonly folds: readonly FoldCheck[];
  /** Contributions whose site signed them. */
  readonly contributions: number;
  /** Every blob that the journal names as an update or a model. */
  readonly named: ReadonlySet<BlobHash>;
  /** What each site sent, and what became of it. */
  readonly sent: ReadonlyMap<string, { readonly site: string; readonly bytes: number; readonly accepted: boolean }>;
  /**
   * Takes the next record.
   * @param keepers the keys that the record before it and it itself are signed by
   * @returns what does not hold; the replay ends with it
   */
  take(record: JournalRecord, keepers: Keepers): Promise<Finding | null>;
}

/** Who signed up to a record, and who signed it. */
export interface Keepers {
  readonly before: PublicKey | null;
  readonly after: PublicKey | null;
}

export interface ReplayMeans {
  /** The contract that the run goes by in the end. */
  readonly contract: Contract;
  readonly keys: CertifiedKeys;
  /** What folds can be made again from; only blobs that are what their hash says. */
  readonly blobs: Blobs;
  readonly signal: AbortSignal;
}

/** Plays a run again from its journal, through the round engine, and checks at each record that it could come there. */
export function openReplay({ contract, keys, blobs, signal }: ReplayMeans): Replay {
  const original = originalOf(contract);
  let state = newRun(original);
  let due: Due = [];
  let contributions = 0;
  const folds: FoldCheck[] = [];
  /** Of each site, the newest revision whose key has spoken or was put in place: older ones count no more. */
  const revisions = new Map<SiteId, number>();
  const named = new Set<BlobHash>();
  const sent = new Map<string, { site: string; bytes: number; accepted: boolean }>();

  const offerProblem = (record: RunRecord): string | null =>
    record.type === 'offered' && record.contract !== contractHash(original)
      ? 'it was offered under another contract'
      : null;

  /** A site's key gives way to the next one, by the lead's word. */
  function checkRekeyed(sequence: number, { site, certificate }: Rekeyed): Finding | null {
    const { role, id, revision, revoked } = certificate.body;
    if (!state.sites.includes(site)) return badRecord(sequence, `the run was not offered to ${site}`);
    if (!keys.isWord(certificate) || role !== 'site' || id !== site || revoked) {
      return badRecord(sequence, `the lead did not certify this key of ${site}`);
    }
    if (revision < (revisions.get(site) ?? 0)) return badRecord(sequence, `the lead had replaced this key of ${site}`);
    revisions.set(site, revision);
    return null;
  }

  /** The coordinator's key gives way to the next one, by both keys' word and the lead's. */
  function checkKeyChanged(sequence: number, { change, certificate }: KeyChanged, keepers: Keepers): Finding | null {
    const { from, to } = change.body;
    if (from !== keepers.before || to !== keepers.after)
      return badRecord(sequence, 'it changes no key of this journal');
    const { role, publicKey, revoked } = certificate.body;
    const isCertified = keys.isWord(certificate) && role === 'coordinator' && publicKey === to && !revoked;
    return isCertified ? null : badRecord(sequence, 'the lead did not certify this key of the coordinator');
  }

  /** Whether one of the keys that the lead certified for this site stands behind it. */
  function checkSigned(sequence: number, record: Contributed): Finding | null {
    const { site, contribution } = record;
    const { hash, bytes, kind } = contribution.manifest;
    const accepted = record.type === 'contribution-accepted';
    const certified = keys.ofSite(site);
    if (certified.length === 0) return badRecord(sequence, `the lead certified no key of ${site}`);
    const floor = revisions.get(site) ?? 0;
    let fault: unknown = null;
    for (const publicKey of new Set(certified.map((word) => word.publicKey).toReversed())) {
      try {
        checkContribution(state, site, publicKey, contribution);
        const word = certified.find((one) => one.publicKey === publicKey && one.revision >= floor);
        if (word === undefined) {
          return finding(journalFile, coded('CSM-VERIFY-KEY', { sequence, site }), { record: sequence });
        }
        revisions.set(site, word.revision);
        fault = null;
        break;
      } catch (thrown) {
        fault = thrown;
      }
    }
    if (fault !== null) return finding(journalFile, fault, { record: sequence });
    contributions += 1;
    if (kind === 'update' && accepted) named.add(hash);
    sent.set(`${record.step} ${site} ${hash}`, { site, bytes, accepted });
    return null;
  }

  /** Makes a round's model again where all that it takes is there. */
  async function checkFold(sequence: number, step: StepId, output: StepOutput): Promise<Finding | null> {
    const deed = deedOf(state);
    for (const hash of madeBlobs(output)) named.add(hash);
    if (deed?.step.kind !== 'train' || !(await isThere(deed))) {
      folds.push({ step, record: sequence, verdict: 'attested' });
      return null;
    }
    try {
      const made = await foldStep(deed, { contract: state.contract, blobs }, signal);
      const same = canonicalHash(made) === canonicalHash(output);
      folds.push({ step, record: sequence, verdict: same ? 'recomputed' : 'altered' });
      if (same) return null;
      const details = { sequence, step, made: String(made.model), named: String(output.model) };
      return finding(journalFile, coded('CSM-VERIFY-FOLD', details), { record: sequence });
    } catch (thrown) {
      signal.throwIfAborted();
      folds.push({ step, record: sequence, verdict: 'altered' });
      return badRecord(sequence, `${step} cannot be folded again: ${asCoded(thrown).message}`);
    }
  }

  /** Whether everything that a fold reads lies here. */
  async function isThere(deed: Deed): Promise<boolean> {
    const needed = [...baseBlobs(deed), ...deed.contributions.map(({ hash }) => hash)];
    for (const hash of needed) if (!(await blobs.has(hash))) return false;
    return deed.model !== null;
  }

  return {
    folds,
    named,
    sent,
    get state() {
      return state;
    },
    get contributions() {
      return contributions;
    },
    async take({ sequence, type, body }, keepers) {
      const parsed = runRecord.safeParse({ ...(typeof body === 'object' ? body : {}), type });
      if (!parsed.success) return badRecord(sequence, 'it says nothing that this version knows');
      const record = parsed.data;
      const problem = problemOf(state, due, record) ?? offerProblem(record);
      if (problem !== null) return badRecord(sequence, problem);
      if (record.type === 'contribution-accepted' || record.type === 'contribution-refused') {
        const bad = checkSigned(sequence, record);
        if (bad !== null) return bad;
      }
      if (record.type === 'site-rekeyed') {
        const bad = checkRekeyed(sequence, record);
        if (bad !== null) return bad;
      }
      if (record.type === 'key-changed') {
        const bad = checkKeyChanged(sequence, record, keepers);
        if (bad !== null) return bad;
      }
      // A fold that differs is told and does not end the replay: what follows was built on what the journal names.
      const fold = record.type === 'step-done' ? await checkFold(sequence, record.step, record.output) : null;
      try {
        due = dueAfter(state, due, record);
        state = apply(state, record);
      } catch (thrown) {
        return finding(journalFile, thrown, { record: sequence });
      }
      if (record.type === 'extended' && contractHash(state.contract) !== record.contract) {
        return badRecord(sequence, 'the extension leads to another contract');
      }
      return fold;
    },
  };
}

type KeyChanged = Extract<RunRecord, { readonly type: 'key-changed' }>;
type Rekeyed = Extract<RunRecord, { readonly type: 'site-rekeyed' }>;
type Contributed = Extract<RunRecord, { readonly contribution: SignedManifest }>;
