import { type Contract, contractHash, leastSites, openContract, signedContract } from '@consilium/shared/contract';
import { verify } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { BlobHash, ConsortiumId, PublicKey, RunId, SiteId } from '@consilium/shared/ids';
import type { JournalRecord } from '@consilium/shared/journal';
import { currentStepId, extensionFault, type RunInput, type RunRecord, type RunState } from '../rounds/index.js';
import { type Blobs, listRuns, runOf, type SpoolOwner, type Spools, type Store } from '../store/index.js';
import { type Conductor, openConductor, type RunKeeper } from './conductor.js';
import { exportOf, keptOf } from './exported.js';
import { foldStep } from './fold-step.js';
import { reportOf } from './report.js';
import { droppedBlobs, leavesBlobs, neededBlobs } from './retention.js';
import { stepsOfRun } from './steps-of.js';
import type { Runs } from './view.js';
import { type LiveSite, summaryOf, viewOf } from './view-of.js';

const noticeMs = 100;

export interface RunsOptions {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly spools: Spools;
  readonly lead: PublicKey;
  readonly consortium: ConsortiumId;
  readonly keeper: () => RunKeeper;
  readonly now: () => Date;
  /** Approved sites, at this moment. */
  readonly approved: () => readonly SiteId[];
  readonly live: (site: SiteId) => LiveSite;
  /** Journals in the consortium's chain that a run began; once, however often it is called. */
  readonly launched: (run: RunId, contract: BlobHash) => Promise<void>;
  /** Sites whose assignment may have changed. */
  readonly reassign: (sites: readonly SiteId[]) => void;
  readonly onFault: (run: RunId, thrown: unknown) => void;
}

/** The runs, for the lead (`Runs`) and for the coordinator's own rooms. */
export interface RunHouse extends Runs {
  /** Runs that are not closed, oldest first. */
  open(): readonly Conductor[];
  find(run: string): Conductor | undefined;
  /** Goes on with what was cut off when the process ended. What `reassign` and `live` lead to must be there by now. */
  begin(): void;
  /** Tells every open run, or of those the named ones; one that fails keeps no other from hearing it. @throws what the first threw */
  tell(input: RunInput, only?: ReadonlySet<RunId>): Promise<void>;
  /** Journals in every open run that another key of the coordinator signs from here on, where one does. */
  rekey(): Promise<void>;
  /** Notes that a live figure of a run changed, for subscribers. */
  touched(run: string): void;
  /** Removes a blob unless a run needs it or an upload holds it: two sites may have sent the same bytes. */
  release(hash: BlobHash): Promise<void>;
  /** Removes blobs and spools that no run needs, but for what comes after the call. @returns how many blobs */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

/** Opens every run of the store where it stood. */
export async function openRuns(options: RunsOptions): Promise<RunHouse> {
  const { store, blobs, spools, lead, consortium, keeper, now, approved, live, launched, reassign, onFault } = options;
  /** Each is known, even before its first record is written: what it needs is kept, and what it is told waits its turn. */
  const conductors = new Map<string, Conductor>();
  /** Contracts of runs that are being launched. */
  const launching = new Map<string, Contract>();
  let sweeping: Promise<unknown> = Promise.resolve();
  const listeners = new Set<(run: string) => void>();
  const notices = new Map<string, NodeJS.Timeout>();

  function touched(run: string): void {
    if (listeners.size === 0 || notices.has(run)) return;
    const notice = setTimeout(() => {
      notices.delete(run);
      for (const listener of listeners) listener(run);
    }, noticeMs);
    notices.set(run, notice.unref());
  }

  async function openOne(contract: Contract, text: string): Promise<Conductor> {
    const { run } = contract;
    let conductor: Conductor | undefined;
    const onChange = (before: RunState, records: readonly RunRecord[]) => {
      if (!conductor) return;
      const { state } = conductor;
      const isOver = before.index !== state.index || state.phase === 'closed';
      if (leavesBlobs(before, state)) removeBlobs(run, droppedBlobs(before, state));
      if (isOver) spools.sweep(isAwaited).catch((thrown) => onFault(run, thrown));
      reassign(touchedSites(state, records));
      touched(run);
    };
    conductor = await openConductor({
      contract,
      signedContract: text,
      store,
      keeper,
      now,
      fold: (deed, terms, signal) => foldStep(deed, { contract: terms, blobs }, signal),
      discard: async (made) => {
        for (const hash of made) await release(hash);
      },
      onChange,
      onFault: (thrown) => onFault(run, thrown),
    });
    return conductor;
  }

  const needed = (): ReadonlySet<BlobHash> =>
    new Set([
      ...[...launching.values()].flatMap(partsOf),
      ...[...conductors.values()].flatMap(({ state }) => [...neededBlobs(state)]),
    ]);

  /** Removes what nothing needs any more; another run may hold the same bytes under the same name. */
  function removeBlobs(run: RunId, dropped: readonly BlobHash[]): void {
    const kept = needed();
    const removals = dropped.filter((hash) => !kept.has(hash)).map((hash) => blobs.remove(hash));
    Promise.all(removals).catch((thrown) => onFault(run, thrown));
  }

  async function release(hash: BlobHash): Promise<void> {
    const uploads = await spools.list();
    if (needed().has(hash) || uploads.some((upload) => upload.hash === hash)) return;
    await blobs.remove(hash);
  }

  /** Whether a spool belongs to the open step of a run. */
  function isAwaited({ run, step }: SpoolOwner): boolean {
    const state = conductors.get(run)?.state;
    return state !== undefined && state.phase !== 'closed' && currentStepId(state) === step;
  }

  /** Not of one whose first record is being written: there is no such run yet. */
  const find = (run: string): Conductor | undefined => {
    const conductor = conductors.get(run);
    return conductor?.state.phase === 'new' ? undefined : conductor;
  };
  const all = (): readonly Conductor[] => [...conductors.values()].filter(({ state }) => state.phase !== 'new');
  const known = (run: string): Conductor => find(run) ?? fail('CSM-RUN-UNKNOWN', { run });
  const view = (conductor: Conductor) => viewOf(conductor, live);

  async function launchOne(contract: Contract, bytes: Uint8Array, stepwise: boolean): Promise<Conductor> {
    checkSites(contract, approved());
    // Parts that were brought before it began may be gone when it ends.
    if (partsOf(contract).length > 0) await sweeping;
    await checkWeights(contract, blobs);
    const contractBlob = await blobs.write(bytes);
    const conductor = await openOne(contract, Buffer.from(bytes).toString());
    conductors.set(contract.run, conductor);
    try {
      // Some may have been revoked meanwhile; from here on the run hears of it.
      const sites = checkSites(contract, approved());
      await conductor.send({ kind: 'launch', contractHash: contractHash(contract), contractBlob, sites, stepwise });
    } catch (thrown) {
      // Nothing was journaled: there is no such run, and the lead may launch it again.
      conductors.delete(contract.run);
      await conductor.close();
      throw thrown;
    }
    return conductor;
  }

  for (const { run } of (await store.read(listRuns)).toReversed()) {
    const row = await store.read((db) => runOf(db, run));
    if (!row) continue;
    const { contract } = signedContract.parse(JSON.parse(row.contract));
    conductors.set(run, await openOne(contract, row.contract));
    // The process may have ended between a run's first record and the consortium's word of it.
    await launched(contract.run, contractHash(contract));
  }

  return {
    async launch(bytes, { stepwise }) {
      const contract = openContract(bytes, { lead, consortium, now: now(), verify });
      const { run } = contract;
      if (conductors.has(run) || launching.has(run)) fail('CSM-RUN-EXISTS', { run });
      launching.set(run, contract);
      try {
        const conductor = await launchOne(contract, bytes, stepwise);
        await launched(run, contractHash(contract));
        return view(conductor);
      } finally {
        launching.delete(run);
      }
    },
    keepWeights: (part) => blobs.write(part),
    list: async () => all().map(summaryOf).toReversed(),
    view: async (run) => view(known(run)),
    async command(run, command) {
      const conductor = known(run);
      const before = conductor.state;
      if ((await conductor.send({ kind: command })) === before) {
        fail('CSM-RUN-COMMAND', { run, command, phase: before.phase });
      }
      return view(conductor);
    },
    async extend(run, bytes) {
      const conductor = known(run);
      const contract = openContract(bytes, { lead, consortium, now: now(), verify });
      const hash = contractHash(contract);
      // The same call again, after an answer that was lost.
      if (hash === conductor.state.contractHash) return view(conductor);
      const refuse = ({ state }: Conductor): void => {
        const fault = extensionFault(state, contract);
        if (fault !== null) throw fault;
      };
      refuse(conductor);
      const contractBlob = await blobs.write(bytes);
      const after = await conductor.send({ kind: 'extend', contract, contractBlob });
      // It may have come too late while the blob was written.
      if (after.contractHash !== hash) refuse(conductor);
      return view(conductor);
    },
    export: async (run) => exportOf(known(run), store, blobs),
    kept: async (run) => keptOf(known(run), blobs),
    contract: async (run) => known(run).state.contract,
    report: async (run) => reportOf(known(run), store, blobs),
    steps: async (run, page) => stepsOfRun(known(run), store, page),
    async records(run, { from, limit }) {
      const records: JournalRecord[] = [];
      for await (const record of store.records(known(run).state.contract.run, from)) {
        if (records.push(record) === limit) break;
      }
      return records;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open: () => all().filter(({ state }) => state.phase !== 'closed'),
    find,
    begin() {
      for (const conductor of conductors.values()) conductor.begin();
    },
    async tell(input, only) {
      const told = [...conductors.values()].filter(
        ({ state: { phase, contract } }) => phase !== 'closed' && (only?.has(contract.run) ?? true),
      );
      await settleAll(told.map((conductor) => conductor.send(input)));
    },
    rekey: () => settleAll([...conductors.values()].map((conductor) => conductor.rekey())),
    touched,
    release,
    sweep() {
      const work = blobs.sweep(async () => {
        await spools.sweep(isAwaited);
        const uploads = (await spools.list()).map(({ hash }) => hash);
        return new Set([...needed(), ...uploads]);
      });
      sweeping = work.catch(() => undefined);
      return work;
    },
    async close() {
      for (const notice of notices.values()) clearTimeout(notice);
      listeners.clear();
      await Promise.all([...conductors.values()].map((conductor) => conductor.close()));
    },
  };
}

/** Waits for each of them, whatever becomes of another. @throws what the first threw */
async function settleAll(deeds: readonly Promise<unknown>[]): Promise<void> {
  for (const done of await Promise.allSettled(deeds)) if (done.status === 'rejected') throw done.reason;
}

/** The sites that a contract is offered to: all approved ones, if they can ever satisfy it. */
function checkSites(contract: Contract, approved: readonly SiteId[]): readonly SiteId[] {
  const { required, quorum } = contract.runFile.participation;
  if (approved.length === 0) fail('CSM-RUN-NO-SITES');
  const unknown = required.filter((site) => !approved.includes(site));
  if (unknown.length > 0) fail('CSM-RUN-REQUIRED-UNKNOWN', { sites: unknown.join(', ') });
  if (quorum !== undefined && quorum > approved.length) {
    fail('CSM-RUN-QUORUM-LARGE', { quorum, sites: approved.length });
  }
  const { strategy } = contract.runFile.training;
  const needed = leastSites(strategy);
  if (needed > approved.length) {
    fail('CSM-RUN-STRATEGY-LARGE', { strategy: strategy.name, needed, sites: approved.length });
  }
  return approved;
}

const partsOf = ({ weights, previous }: Contract): readonly BlobHash[] => [
  ...(weights?.parts ?? []),
  ...(previous?.parts ?? []),
];

/** Whether the weights that the run starts from, and those that it judges beside its own, are here, as the lead signed them. */
async function checkWeights({ runFile, weights, previous }: Contract, blobs: Blobs): Promise<void> {
  await checkParts(runFile.model.weights !== undefined, weights?.parts, blobs);
  await checkParts(runFile.validation.previous !== undefined, previous?.parts, blobs);
}

async function checkParts(named: boolean, signed: readonly BlobHash[] | undefined, blobs: Blobs): Promise<void> {
  if (!named && signed === undefined) return;
  const parts = signed ?? [];
  const here = await Promise.all(parts.map((part) => blobs.has(part)));
  const missing = here.filter((known) => !known).length;
  if (!named || parts.length === 0 || missing > 0) {
    fail('CSM-RUN-WEIGHTS', { missing, parts: parts.length });
  }
}

/** Whose assignment may be another one after these records: one site's for what one site did, else everybody's. */
function touchedSites(state: RunState, records: readonly RunRecord[]): readonly SiteId[] {
  const touched = new Set<SiteId>();
  for (const record of records) {
    switch (record.type) {
      case 'contribution-accepted':
      case 'contribution-refused':
      case 'site-left':
      case 'site-returned':
        touched.add(record.site);
        break;
      case 'step-folding':
      case 'step-done':
      case 'site-rekeyed':
      case 'key-changed':
        break;
      case 'offered':
      case 'site-joined':
      case 'step-opened':
      case 'extended':
      case 'paused':
      case 'resumed':
      case 'closed':
        return state.sites;
      default:
        record satisfies never;
    }
  }
  return [...touched];
}
