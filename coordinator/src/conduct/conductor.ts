import { type Contract, contractHash } from '@consilium/shared/contract';
import { verify } from '@consilium/shared/crypto';
import { asCoded, type CodedError, fail, toWire } from '@consilium/shared/errors';
import type { BlobHash, PublicKey, SiteId, StepId } from '@consilium/shared/ids';
import { type JournalHead, type JournalRecord, journalDomain, sealRecord, verifyNext } from '@consilium/shared/journal';
import type { Keeper } from '../home/index.js';
import {
  apply,
  applyAll,
  type Deed,
  decide,
  newRun,
  type RunInput,
  type RunRecord,
  type RunState,
  runRecord,
  type StepOutput,
  work,
} from '../rounds/index.js';
import type { CoordinatorChange } from '../sites/index.js';
import type { Store } from '../store/index.js';
import { type ChainedRecord, project } from './project.js';
import { madeBy } from './retention.js';
import { noteAway, noteTime, type StepTimes } from './step-times.js';

/** A fold that came to nothing, or whose outcome could not be journaled, for lack of space is done again after this, then after twice as long, and so on. */
const firstRetryMs = 250;
const longestRetryMs = 30_000;
/** What of sites is journaled in one transaction. */
const mostTogether = 64;
/** Records of a journal that are read before what they say is taken together. */
const readTogether = 4_096;
/** Faults that end when an operator makes room. */
const passing = /^CSM-(?:BLOB|STORE)-NO-SPACE$/;

/** Does a step's fold. May take long; rejects with a coded error when the step can never be folded. */
export type Fold = (deed: Deed, contract: Contract, signal: AbortSignal) => Promise<StepOutput>;

/** One run at work: its journal, its state, and the deeds that follow from it. */
export interface Conductor {
  readonly state: RunState;
  readonly head: BlobHash;
  readonly length: number;
  readonly created: string;
  readonly updated: string;
  /** When the steps were opened, folded and done. */
  readonly times: ReadonlyMap<StepId, StepTimes>;
  /** What keeps the run from going on just now though nothing in its journal does, as a full disk; null while all is well. */
  readonly trouble: CodedError | null;
  /** When each absent site was given up. */
  readonly awaySince: ReadonlyMap<SiteId, string>;
  /**
   * Journals what the input leads to, then does what follows. Inputs are taken one after the other; what sites did
   * while the journal was written is journaled together, in one transaction.
   * @returns the run right after this input
   */
  send(input: RunInput): Promise<RunState>;
  /** Begins what was cut off, after the run was opened. */
  begin(): void;
  /** Journals that another key signs from here on, where one does. */
  rekey(): Promise<void>;
  close(): Promise<void>;
}

/** An input whose turn has not come. */
interface Waiting {
  readonly input: RunInput;
  readonly resolve: (after: RunState) => void;
  readonly reject: (reason: unknown) => void;
}

/** Whose key signs now, and how it took the place of another one; null where it never did. */
export type RunKeeper = Keeper & { readonly cameBy: CoordinatorChange | null };

export interface ConductorOptions {
  /** The contract that the run was launched with. */
  readonly contract: Contract;
  /** The same with its signature, as JSON. */
  readonly signedContract: string;
  readonly store: Store;
  readonly keeper: () => RunKeeper;
  readonly now: () => Date;
  readonly fold: Fold;
  /** Removes what a fold has made that nobody waits for any more, unless something else needs it. */
  readonly discard: (made: readonly BlobHash[]) => Promise<void>;
  /** After every journaled change, with the state before it and what was journaled. */
  readonly onChange: (before: RunState, records: readonly RunRecord[]) => void;
  /** When something failed that no input caused; the run itself goes on or is closed by its own records. */
  readonly onFault: (thrown: unknown) => void;
}

/**
 * Opens a run by replaying its journal, where it stood. It does nothing of its own until it is told to begin.
 * @throws CSM-JOURNAL-* at the first record that is not as it was written, CSM-CONTRACT-OTHER
 */
export async function openConductor(options: ConductorOptions): Promise<Conductor> {
  const { contract, signedContract, store, keeper, now, fold, discard, onChange, onFault } = options;
  const chain: string = contract.run;
  /** Ends a fold under way: the run is over, or the process is. */
  const stop = new AbortController();
  let state = newRun(contract);
  let head: JournalHead | null = null;
  /** The key that the journal is signed by; null where it is none that is held now. */
  let signedBy: PublicKey | null = null;
  let created = now().toISOString();
  let updated = created;
  const waiting: Waiting[] = [];
  let taking: Promise<void> = Promise.resolve();
  let isTaking = false;
  let isFolding = false;
  /** The newest fold, with all that comes of it. */
  let folding: Promise<void> = Promise.resolve();
  let trouble: CodedError | null = null;
  let retries = 0;
  const times = new Map<StepId, StepTimes>();
  const awaySince = new Map<SiteId, string>();

  let last: JournalRecord | null = null;
  const unread: RunRecord[] = [];
  for await (const record of store.records(chain)) {
    // Its own signature need not be proven to itself; a bit that fell over on the disk must not be acted on.
    verifyNext(head, record, { chain, verify: () => true });
    const read = runRecord.parse({ type: record.type, ...(record.body as object) });
    if (read.type === 'offered' && read.contract !== contractHash(contract)) fail('CSM-CONTRACT-OTHER', { run: chain });
    if (unread.push(read) === readTogether) state = applyAll(state, unread.splice(0));
    noteTime(times, read, record.time);
    noteAway(awaySince, read, record.time);
    if (head === null) created = record.time;
    updated = record.time;
    head = record;
    last = record;
  }
  state = applyAll(state, unread);
  if (last !== null) {
    const { publicKey } = keeper();
    const isOurs = verify(publicKey, journalDomain, Buffer.from(last.hash, 'hex'), last.signature);
    signedBy = isOurs ? publicKey : null;
  }

  /** How the present key took the journal over; none where it signs already, and where nothing follows any more. */
  function takenOver({ publicKey, cameBy }: RunKeeper): readonly RunRecord[] {
    const isDue = head !== null && signedBy !== publicKey && state.phase !== 'closed';
    return isDue && cameBy?.change.body.to === publicKey ? [{ type: 'key-changed', ...cameBy }] : [];
  }

  /** What inputs lead to, one after the other. One that cannot be decided spoils nothing for the others. */
  function decideAll(together: readonly Waiting[], time: string) {
    const changes: ChainedRecord[] = [];
    const answers: (() => void)[] = [];
    let next = state;
    for (const { input, resolve, reject } of together) {
      try {
        const own: ChainedRecord[] = [];
        let after = next;
        for (const record of decide(next, input)) {
          after = apply(after, record);
          own.push({ record, state: after, time });
        }
        changes.push(...own);
        next = after;
        answers.push(() => resolve(after));
      } catch (thrown) {
        reject(thrown);
      }
    }
    return { changes, next, answers };
  }

  async function take(together: readonly Waiting[]): Promise<void> {
    const time = now().toISOString();
    const { changes, next, answers } = decideAll(together, time);
    const by = keeper();
    const before = takenOver(by).map((record) => ({ record, state, time }));
    if (before.length + changes.length > 0) await journal([...before, ...changes], next, { time, by });
    for (const answer of answers) answer();
  }

  async function journal(
    changes: readonly ChainedRecord[],
    next: RunState,
    { time, by }: { readonly time: string; readonly by: RunKeeper },
  ): Promise<void> {
    const records = changes.map(({ record }) => record);
    const sealed: JournalRecord[] = [];
    let last: JournalHead | null = head;
    for (const { type, ...body } of records) {
      const link: JournalRecord = sealRecord(last, { chain, time, type, body }, by.sign);
      last = link;
      sealed.push(link);
    }
    try {
      await store.append(chain, head?.hash ?? null, sealed, (tx) =>
        project(tx, changes, { signedContract, created: head === null ? time : created }),
      );
    } catch (thrown) {
      trouble = asCoded(thrown);
      throw thrown;
    }
    trouble = null;
    retries = 0;
    const before = state;
    if (head === null) created = time;
    state = next;
    // Before anything that it reads is removed.
    if (state.phase === 'closed') stop.abort();
    head = last;
    signedBy = by.publicKey;
    updated = time;
    for (const record of records) {
      noteTime(times, record, time);
      noteAway(awaySince, record, time);
    }
    onChange(before, records);
    doDeeds();
  }

  /** Takes what waits until nothing does. */
  async function takeAll(): Promise<void> {
    isTaking = true;
    // What is told in one turn of the event loop comes together.
    await Promise.resolve();
    while (waiting.length > 0) {
      const together = waiting.splice(0, countTogether(waiting));
      await take(together).catch((thrown: unknown) => {
        for (const { reject } of together) reject(thrown);
      });
    }
    isTaking = false;
  }

  function doDeeds(): void {
    const deed = work(state);
    if (deed === null || isFolding || stop.signal.aborted) return;
    isFolding = true;
    folding = outcomeOf(deed)
      .then(async (input) => {
        isFolding = false;
        const after = stop.signal.aborted ? state : await conductor.send(input);
        if (input.kind === 'folded') await discardLate(deed, input.output, after);
      })
      .catch((thrown: unknown) => {
        isFolding = false;
        if (stop.signal.aborted) return;
        trouble = asCoded(thrown);
        onFault(thrown);
        const delayMs = Math.min(firstRetryMs * 2 ** retries, longestRetryMs);
        retries += 1;
        setTimeout(doDeeds, delayMs).unref();
      });
  }

  /** A run that ended while it was folded names nothing of what came out, and would never remove it. */
  async function discardLate({ id }: Deed, output: StepOutput, { phase, history }: RunState): Promise<void> {
    if (phase === 'closed' && history.at(-1)?.step !== id) await discard(madeBy(output)).catch(onFault);
  }

  /** What came of a fold. Rejects where it may come to more another time. */
  async function outcomeOf(deed: Deed): Promise<RunInput> {
    try {
      return { kind: 'folded', step: deed.id, output: await fold(deed, state.contract, stop.signal) };
    } catch (thrown) {
      const error = asCoded(thrown);
      if (passing.test(error.code)) throw thrown;
      if (!stop.signal.aborted) onFault(thrown);
      return { kind: 'fold-failed', step: deed.id, error: toWire(error) };
    }
  }

  const conductor: Conductor = {
    times,
    awaySince,
    get trouble() {
      return trouble;
    },
    get state() {
      return state;
    },
    get head() {
      if (head === null) throw new TypeError('a run has no journal before its launch');
      return head.hash;
    },
    get length() {
      return head === null ? 0 : head.sequence + 1;
    },
    get created() {
      return created;
    },
    get updated() {
      return updated;
    },
    send: (input) =>
      new Promise((resolve, reject) => {
        waiting.push({ input, resolve, reject });
        if (!isTaking) taking = takeAll();
      }),
    begin: doDeeds,
    async rekey() {
      await conductor.send({ kind: 'key-changed' });
    },
    async close() {
      stop.abort();
      await folding;
      await taking;
    },
  };
  return conductor;
}

/** What a thousand sites may say, or leave unsaid, in one second. */
const ofSites: ReadonlySet<RunInput['kind']> = new Set(['contribution', 'declined', 'idle', 'progress']);

/** How many of those that wait are taken together: what sites did in a row, anything else alone. */
function countTogether(waiting: readonly Waiting[]): number {
  const other = waiting.findIndex(({ input }) => !ofSites.has(input.kind));
  return Math.max(1, Math.min(other === -1 ? waiting.length : other, mostTogether));
}
