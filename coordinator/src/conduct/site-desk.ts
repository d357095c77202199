import { type CodedError, coded, fail, fromWire } from '@consilium/shared/errors';
import type { BlobHash, PublicKey, SiteId } from '@consilium/shared/ids';
import type { Assignment, SignedManifest, SiteStatus, Verdict } from '@consilium/shared/wire';
import { currentStepId, isExcused, isReadmitted, pendingSites, type RunInput, workFor } from '../rounds/index.js';
import type { Blobs, Spools, Store } from '../store/index.js';
import type { Conductor } from './conductor.js';
import { type IdleClock, idleClock } from './idle-clock.js';
import { limitBytes, takeIn } from './intake.js';
import type { PresenceBoard } from './presence.js';
import type { RunHouse } from './runs.js';

/** What an upload claims; the site is known from its session. */
export interface UploadClaim {
  readonly run: string;
  readonly step: string;
  readonly hash: BlobHash;
  readonly bytes: number;
}

/** How far a transfer has come: what of a blob is kept, here of an upload, at the site of a download. */
export interface TransferMark {
  readonly run: string;
  readonly step: string;
  readonly hash: BlobHash;
  readonly offset: number;
}

/** Where sites are served: what each should do, what it may move, and what becomes of what it hands in. */
export interface SiteDesk {
  assignment(site: SiteId): Assignment;
  heard(site: SiteId, status: SiteStatus): void;
  /** A transfer of the site got on. */
  moved(site: SiteId, mark: TransferMark): void;
  submit(site: SiteId, contribution: SignedManifest): Promise<Verdict>;
  mayUpload(site: SiteId, claim: UploadClaim): Promise<true | CodedError>;
  mayDownload(site: SiteId, hash: BlobHash): boolean;
  /** Verdicts of refusal since the start, by code. */
  refusals(): ReadonlyMap<string, number>;
  /** Elapsed monotonic milliseconds since the last tick. */
  tick(elapsedMs: number): void;
}

export interface SiteDeskOptions {
  readonly runs: RunHouse;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly spools: Spools;
  readonly presence: PresenceBoard;
  readonly keyOf: (site: SiteId) => PublicKey | null;
  readonly onFault: (thrown: unknown) => void;
}

/** Blobs of a step whose bytes count as progress, for each site. An honest one moves a few; it is not to fill the memory. */
const maxMarks = 1_000;

export function siteDesk({ runs, store, blobs, spools, presence, keyOf, onFault }: SiteDeskOptions): SiteDesk {
  const clocks = new Map<string, IdleClock<SiteId>>();
  const refusals = new Map<string, number>();
  /** Of each site, how far the blobs of its step have come. */
  const furthest = new Map<SiteId, { run: string; step: string; offsets: Map<BlobHash, number> }>();

  const send = (conductor: Conductor, input: RunInput): void => {
    conductor.send(input).catch(onFault);
  };

  /** The run that a site should work on: the oldest that waits for it, else the oldest that has it. */
  function workOf(site: SiteId) {
    const all = runs.open().flatMap((conductor) => {
      const work = workFor(conductor.state, site, conductor.head);
      return work === null ? [] : [{ conductor, work }];
    });
    return all.find(({ work }) => work.verdict === null) ?? all[0] ?? null;
  }

  /** A site got on with what it does, `at` a step of a run. What it declined is not what it gets on with. */
  function progress(site: SiteId, at: { readonly run: string | null; readonly step: string | null } | null): void {
    for (const conductor of runs.open()) {
      const { state } = conductor;
      const { run } = state.contract;
      clocks.get(run)?.progress(site);
      const absence = state.absent.get(site);
      if (absence === undefined || !isReadmitted(absence)) continue;
      const isAtIt = at?.run === run && at.step === currentStepId(state);
      if (absence.until === 'heard' || isAtIt) send(conductor, { kind: 'progress', site });
    }
  }

  return {
    assignment: (site) => ({ type: 'assignment', work: workOf(site)?.work ?? null }),
    heard(site, status) {
      const isAtWork = status.activity !== 'declined' && status.activity !== 'troubled';
      if (presence.heard(site, status)) progress(site, isAtWork ? status : null);
      const conductor = status.run === null ? undefined : runs.find(status.run);
      if (!conductor) return;
      runs.touched(conductor.state.contract.run);
      if (status.activity !== 'declined' || status.step === null || status.error === null) return;
      const error = fromWire(status.error);
      const excused = isExcused(conductor.state, site, error.code);
      send(conductor, { kind: 'declined', site, step: status.step, excused, error: status.error });
    },
    moved(site, { run, step, hash, offset }) {
      const known = furthest.get(site);
      const own = known?.run === run && known.step === step ? known : { run, step, offsets: new Map() };
      furthest.set(site, own);
      // Bytes that come a second time are no progress: a transfer that fails and begins anew again and again gets nowhere.
      if (offset <= (own.offsets.get(hash) ?? 0) || own.offsets.size >= maxMarks) return;
      own.offsets.set(hash, offset);
      progress(site, { run, step });
    },
    async submit(site, contribution) {
      const { run, step, hash } = contribution.manifest;
      const conductor = runs.find(run) ?? fail('CSM-RUN-UNKNOWN', { run });
      const key = keyOf(site) ?? fail('CSM-SITE-REVOKED', { site });
      const verdict = await takeIn(conductor, site, key, contribution, {
        store,
        blobs,
        spools,
        release: runs.release,
      });
      if (verdict.outcome === 'accepted') clocks.get(run)?.progress(site);
      else refusals.set(verdict.error.code, (refusals.get(verdict.error.code) ?? 0) + 1);
      return { ...verdict, run, step, hash };
    },
    async mayUpload(site, { run, step, bytes }) {
      const work = workOf(site)?.work;
      if (!work || work.run !== run || work.step !== step) return coded('CSM-UPDATE-LATE', { site, step });
      const limit = await limitBytes(runs.find(run)!.state, blobs);
      return bytes <= limit || coded('CSM-UPDATE-SIZE', { site, bytes, expected: limit });
    },
    mayDownload(site, hash) {
      const work = workOf(site)?.work;
      if (!work) return false;
      const { contractBlob, model, frozen, preparation } = work;
      if ([contractBlob, model, frozen, preparation].includes(hash)) return true;
      const { previous } = runs.find(work.run)?.state.contract ?? {};
      return work.step === 'test' && (previous?.parts.includes(hash) ?? false);
    },
    refusals: () => refusals,
    tick(elapsedMs) {
      for (const conductor of runs.open()) {
        const { state } = conductor;
        const { run } = state.contract;
        const clock = clocks.get(run) ?? idleClock<SiteId>();
        clocks.set(run, clock);
        const watched = state.phase === 'running' && currentStepId(state) !== null ? pendingSites(state) : [];
        for (const [site, idleMs] of clock.tick(elapsedMs, watched)) {
          send(conductor, { kind: 'idle', site, idleMs, silentMs: presence.silentMs(site) });
        }
      }
    },
  };
}
