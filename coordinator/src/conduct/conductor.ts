import { type Contract, contractHash } from '@consilium/shared/contract';
import { asCoded, type CodedError, fail, toWire } from '@consilium/shared/errors';
import type { BlobHash, SiteId, StepId } from '@consilium/shared/ids';
import {
  type JournalHead,
  type JournalRecord,
  type SignJournal,
  sealRecord,
  verifyNext,
} from '@consilium/shared/journal';
import {
  apply,
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
import type { Store } from '../store/index.js';
import { type ChainedRecord, project } from './project.js';
import { noteAway, noteTime, type StepTimes } from './step-times.js';

/** A fold that came to nothing, or whose outcome could not be journaled, for lack of space is done again after this, then after twice as long, and so on. */
const firstRetryMs = 250;
const longestRetryMs = 30_000;
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
  /** Journals what the input leads to, then does what follows. Inputs are taken one after the other. */
  send(input: RunInput): Promise<RunState>;
  close(): Promise<void>;
}

export interface ConductorOptions {
  /** The contract that the run was launched with. */
  readonly contract: Contract;
  /** The same with its signature, as JSON. */
  readonly signedContract: string;
  readonly store: Store;
  readonly sign: SignJournal;
  readonly now: () => Date;
  readonly fold: Fold;
  /** After every journaled change, with the state before it and what was journaled. */
  readonly onChange: (before: RunState, records: readonly RunRecord[]) => void;
  /** When something failed that no input caused; the run itself goes on or is closed by its own records. */
  readonly onFault: (thrown: unknown) => void;
}

/**
 * Opens a run by replaying its journal and goes on where it stood.
 * @throws CSM-JOURNAL-* at the first record that is not as it was written, CSM-CONTRACT-OTHER
 */
export async function openConductor(options: ConductorOptions): Promise<Conductor> {
  const { contract, signedContract, store, sign, now, fold, onChange, onFault } = options;
  const chain: string = contract.run;
  const stop = new AbortController();
  let state = newRun(contract);
  let head: JournalHead | null = null;
  let created = now().toISOString();
  let updated = created;
  let queue: Promise<unknown> = Promise.resolve();
  let folding: Promise<void> | null = null;
  let trouble: CodedError | null = null;
  let retries = 0;
  const times = new Map<StepId, StepTimes>();
  const awaySince = new Map<SiteId, string>();

  for await (const record of store.records(chain)) {
    // Its own signature need not be proven to itself; a bit that fell over on the disk must not be acted on.
    verifyNext(head, record, { chain, verify: () => true });
    const read = runRecord.parse({ type: record.type, ...(record.body as object) });
    if (read.type === 'offered' && read.contract !== contractHash(contract)) fail('CSM-CONTRACT-OTHER', { run: chain });
    state = apply(state, read);
    noteTime(times, read, record.time);
    noteAway(awaySince, read, record.time);
    if (head === null) created = record.time;
    updated = record.time;
    head = record;
  }

  async function take(input: RunInput): Promise<RunState> {
    const records = decide(state, input);
    if (records.length === 0) return state;
    const time = now().toISOString();
    const sealed: JournalRecord[] = [];
    const changes: ChainedRecord[] = [];
    let next = state;
    let last: JournalHead | null = head;
    for (const record of records) {
      const { type, ...body } = record;
      const link: JournalRecord = sealRecord(last, { chain, time, type, body }, sign);
      last = link;
      next = apply(next, record);
      sealed.push(link);
      changes.push({ record, state: next, time });
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
    head = last;
    updated = time;
    for (const record of records) {
      noteTime(times, record, time);
      noteAway(awaySince, record, time);
    }
    onChange(before, records);
    doDeeds();
    return state;
  }

  function doDeeds(): void {
    const deed = work(state);
    if (deed === null || folding !== null || stop.signal.aborted) return;
    folding = outcomeOf(deed)
      .then(async (input) => {
        folding = null;
        if (!stop.signal.aborted) await conductor.send(input);
      })
      .catch((thrown: unknown) => {
        folding = null;
        trouble = asCoded(thrown);
        onFault(thrown);
        const delayMs = Math.min(firstRetryMs * 2 ** retries, longestRetryMs);
        retries += 1;
        setTimeout(doDeeds, delayMs).unref();
      });
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
    send(input) {
      const turn = queue.then(() => take(input));
      queue = turn.catch(() => {});
      return turn;
    },
    async close() {
      stop.abort();
      await folding;
      await queue;
    },
  };
  doDeeds();
  return conductor;
}
