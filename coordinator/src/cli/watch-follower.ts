import { asCoded, CodedError, fail, toWire, type WireError } from '@consilium/shared/errors';
import type { PublicKey } from '@consilium/shared/ids';
import { followKeeper, type JournalHead, journalRecord, verifyNext } from '@consilium/shared/journal';
import { getRunRecords, getSteps } from '../api/calls.js';
import type { RunView } from '../conduct/view.js';
import { newestSteps, type Pace, seePace, type TimedStep, timedSteps } from '../following/index.js';
import type { LeadClient } from './client.js';

/** What is known of a run's journal: as far as it was checked here, by the coordinator's certified key. */
export type JournalState =
  | { readonly kind: 'checking'; readonly records: number; readonly of: number }
  | { readonly kind: 'whole'; readonly records: number }
  | { readonly kind: 'broken'; readonly error: WireError };

/** All that is seen of a run at one moment. */
export interface Sight {
  readonly view: RunView;
  /** When the view came. */
  readonly atMs: number;
  /** How fast each site goes. */
  readonly paces: ReadonlyMap<string, Pace>;
  readonly steps: readonly TimedStep[];
  readonly journal: JournalState;
}

/** Follows a run beside its views: pace of each site, times of its steps, and its journal, checked as it grows. */
export interface Follower {
  see(view: RunView): void;
  /** Null before the first view. */
  sight(): Sight | null;
  /** Looks at what has changed since, at most every two seconds. */
  look(): void;
  /** The journal is checked to the end of the newest view. */
  settled(): Promise<JournalState>;
}

const betweenMs = 2_000;
/** Records that one call brings at most. */
const pageLength = 200;

export function openFollower(
  client: Pick<LeadClient, 'call'>,
  { coordinatorKeys, now, signal }: { coordinatorKeys: readonly PublicKey[]; now: () => Date; signal: AbortSignal },
): Follower {
  let view: RunView | null = null;
  let atMs = 0;
  let paces: ReadonlyMap<string, Pace> = new Map();
  let steps: readonly TimedStep[] = [];
  let stepsOf: string | null = null;
  let head: JournalHead | null = null;
  let broken: WireError | null = null;
  let looking: Promise<void> | null = null;
  let lookedMs = Number.NEGATIVE_INFINITY;
  const verify = followKeeper(coordinatorKeys);

  async function readSteps({ run, step, index }: RunView): Promise<void> {
    if (step === stepsOf) return;
    const ask = (last: number) => client.call(getSteps, { params: { run }, query: newestSteps(last), signal });
    const page = await ask(index);
    // A stage that stopped early has fewer steps behind it than its place in the list says.
    const isBeyond = page.steps.length === 0 && page.total > 0;
    steps = timedSteps(isBeyond ? (await ask(page.total - 1)).steps : page.steps);
    stepsOf = step;
  }

  /** @throws CSM-JOURNAL-* at the first record that does not hold */
  async function checkJournal({ run, journalLength, journalHead }: RunView): Promise<void> {
    const checked = () => (head === null ? 0 : head.sequence + 1);
    while (checked() < journalLength && !signal.aborted) {
      const query = { from: checked(), limit: Math.min(pageLength, journalLength - checked()) };
      const { records } = await client.call(getRunRecords, { params: { run }, query, signal });
      if (records.length === 0) fail('CSM-JOURNAL-TRUNCATED', { chain: run, records: checked() });
      for (const found of records) {
        const record = journalRecord.parse({ ...found, chain: run });
        verifyNext(head, record, { chain: run, verify });
        head = record;
        if (record.sequence === journalLength - 1 && record.hash !== journalHead) {
          fail('CSM-JOURNAL-REWRITTEN', { chain: run, sequence: record.sequence });
        }
      }
    }
  }

  async function lookAt(seen: RunView): Promise<void> {
    lookedMs = now().getTime();
    try {
      await readSteps(seen);
      if (broken === null) await checkJournal(seen);
    } catch (thrown) {
      // What the line or the coordinator refuses now is asked for again.
      const error = asCoded(thrown);
      if (error.code.startsWith('CSM-JOURNAL-')) broken = toWire(error);
      else if (!(thrown instanceof CodedError) && !signal.aborted) throw thrown;
    }
  }

  const journalState = ({ journalLength }: RunView): JournalState => {
    const records = head === null ? 0 : head.sequence + 1;
    if (broken !== null) return { kind: 'broken', error: broken };
    return records < journalLength ? { kind: 'checking', records, of: journalLength } : { kind: 'whole', records };
  };

  return {
    see(next) {
      view = next;
      atMs = now().getTime();
      const seen = next.sites.map((site) => [site.site, seePace(paces.get(site.site) ?? null, site, atMs)] as const);
      paces = new Map(seen.flatMap(([site, pace]) => (pace === null ? [] : [[site, pace]])));
      // Until the coordinator's own times are here, a step began when it was first seen.
      const { step } = next;
      if (step !== null && !steps.some((known) => known.step === step)) {
        steps = [...steps, { step, openedMs: atMs, doneMs: null, accepted: [] }];
      }
    },
    sight: () => view && { view, atMs, paces, steps, journal: journalState(view) },
    look() {
      if (view === null || looking !== null || now().getTime() - lookedMs < betweenMs) return;
      looking = lookAt(view).finally(() => {
        looking = null;
      });
      // A fault of ours comes out where the end is awaited.
      looking.catch(() => {});
    },
    async settled() {
      await looking;
      if (view === null) return { kind: 'checking', records: 0, of: 0 };
      await lookAt(view);
      return journalState(view);
    },
  };
}
