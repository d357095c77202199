import { milliseconds } from '@consilium/shared/contract';
import { type CodedError, coded, fail, fromWire } from '@consilium/shared/errors';
import type { BlobHash, PublicKey, SiteId, StepId } from '@consilium/shared/ids';
import { type Assignment, maxJudged, type SignedManifest, type SiteStatus, type Verdict } from '@consilium/shared/wire';
import {
  currentStepId,
  type Headway,
  type Heard,
  headwayByMoving,
  headwayBySaying,
  isExcused,
  isWaitedForAgain,
  noHeadway,
  pendingSites,
  type RunInput,
  workFor,
} from '../rounds/index.js';
import type { Blobs, Spools, Store } from '../store/index.js';
import type { Conductor } from './conductor.js';
import { type IdleClock, idleClock } from './idle-clock.js';
import { limitBytes, takeIn } from './intake.js';
import { createLimit } from './limit.js';
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

/** How far the sites are in one step of a run. */
interface StepWatch {
  readonly step: StepId;
  readonly headway: Map<SiteId, Headway>;
}

export function siteDesk({ runs, store, blobs, spools, presence, keyOf, onFault }: SiteDeskOptions): SiteDesk {
  const clocks = new Map<string, IdleClock<SiteId>>();
  const refusals = new Map<string, number>();
  const watches = new Map<string, StepWatch>();
  /** Sites whose idling a run is told of just now. */
  const idling = new Set<string>();
  const judging = createLimit(maxJudged);

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

  /** Takes in what was heard of a site at the open step of a run. What it says of any other is no progress. */
  function hear(
    site: SiteId,
    at: { readonly run: string; readonly step: string },
    tell: (before: Headway) => Heard,
  ): void {
    const state = runs.find(at.run)?.state;
    const step = state && currentStepId(state);
    if (!step || step !== at.step || state.phase === 'closed') return;
    const known = watches.get(at.run);
    const watch = known?.step === step ? known : { step, headway: new Map<SiteId, Headway>() };
    watches.set(at.run, watch);
    const { headway, isFurther } = tell(watch.headway.get(site) ?? noHeadway);
    watch.headway.set(site, headway);
    if (isFurther) progress(site, at.run);
  }

  /** A site got on with the open step of a run. Other runs may wait for it meanwhile, but not for what it declined there. */
  function progress(site: SiteId, at: string): void {
    for (const conductor of runs.open()) {
      const { state } = conductor;
      const { run } = state.contract;
      clocks.get(run)?.progress(site);
      if (!isWaitedForAgain(state, site)) continue;
      if (state.absent.get(site)?.until === 'heard' || at === run) send(conductor, { kind: 'progress', site });
    }
  }

  return {
    assignment: (site) => ({ type: 'assignment', work: workOf(site)?.work ?? null }),
    heard(site, status) {
      presence.heard(site, status);
      const { run, step } = status;
      if (run !== null && step !== null) hear(site, { run, step }, (before) => headwayBySaying(before, status));
      const conductor = run === null ? undefined : runs.find(run);
      if (!conductor) return;
      runs.touched(conductor.state.contract.run);
      if (status.activity !== 'declined' || step === null || status.error === null) return;
      const error = fromWire(status.error);
      const excused = isExcused(conductor.state, site, error.code);
      send(conductor, { kind: 'declined', site, step, excused, error: status.error });
    },
    moved(site, { run, step, hash, offset }) {
      hear(site, { run, step }, (before) => headwayByMoving(before, hash, offset));
    },
    async submit(site, contribution) {
      const { run, step, hash } = contribution.manifest;
      const conductor = runs.find(run) ?? fail('CSM-RUN-UNKNOWN', { run });
      const key = keyOf(site) ?? fail('CSM-SITE-REVOKED', { site });
      const verdict = await takeIn(conductor, site, key, contribution, {
        store,
        blobs,
        spools,
        judging,
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
      const { contractBlob, model, frozen, control, preparation } = work;
      if ([contractBlob, model, frozen, control, preparation].includes(hash)) return true;
      const { previous } = runs.find(work.run)?.state.contract ?? {};
      return work.step === 'test' && (previous?.parts.includes(hash) ?? false);
    },
    refusals: () => refusals,
    tick(elapsedMs) {
      for (const kept of [clocks, watches]) {
        for (const run of kept.keys()) if (runs.find(run)?.state.phase === 'closed') kept.delete(run);
      }
      for (const conductor of runs.open()) {
        const { state } = conductor;
        const { run } = state.contract;
        const clock = clocks.get(run) ?? idleClock<SiteId>();
        clocks.set(run, clock);
        const watched = state.phase === 'running' && currentStepId(state) !== null ? pendingSites(state) : [];
        const limitMs = milliseconds(state.contract.runFile.participation.idleLimit);
        for (const [site, idleMs] of clock.tick(elapsedMs, watched)) {
          // A thousand sites at work are nothing that a run has to decide about each second.
          if (idleMs < limitMs) continue;
          // Nor is one to be told of again while it waits for its turn.
          const told = `${run} ${site}`;
          if (idling.has(told)) continue;
          idling.add(told);
          const input: RunInput = { kind: 'idle', site, idleMs, silentMs: presence.silentMs(site) };
          void conductor
            .send(input)
            .catch(onFault)
            .finally(() => idling.delete(told));
        }
      }
    },
  };
}
