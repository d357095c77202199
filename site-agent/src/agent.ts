import { type Contract, contractHash } from '@consilium/shared/contract';
import type { Identity } from '@consilium/shared/crypto';
import { asCoded, type CodedError, coded } from '@consilium/shared/errors';
import type { BlobHash } from '@consilium/shared/ids';
import type { Clock, Log, SiteActivity, SiteStatus, Work } from '@consilium/shared/wire';
import { type Disk, type Enrolment, realDisk, type SiteHome, type SiteSettings, version } from './config/index.js';
import { type Backoff, backoffMs, type Connection } from './connection/index.js';
import { type Egress, namesOf } from './governance/index.js';
import { obey, tidyOtherRuns } from './runs/index.js';
import { backendWord, createTrainer, type Trainer, type TrainerOptions } from './trainer/index.js';

export interface AgentOptions {
  readonly home: SiteHome;
  readonly settings: SiteSettings;
  readonly enrolment: Enrolment;
  /** The site's key: another one, once the lead has certified it. */
  readonly identity: () => Identity;
  readonly connection: Pick<Connection, 'onAssignment' | 'fetch'>;
  readonly egress: Egress;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly log: Log;
  readonly disk?: Disk;
  readonly backoff?: Backoff;
  readonly random?: () => number;
  readonly trainer?: (options: TrainerOptions) => Trainer;
}

export interface Agent {
  close(): Promise<void>;
}

/** An assignment that is being done, or was. */
interface Pursuit {
  readonly key: string;
  /** The newest word on it: its contract may be extended meanwhile. */
  work: Work | null;
  readonly abort: AbortController;
  done: Promise<void>;
  end: 'accepted' | 'declined' | null;
}

/** Tries of a step whose trainer crashes before the site gives it up. */
const maxCrashes = 5;
/** Progress is told at most this often. */
const progressMs = 250;
/** Without work for this long, the trainer ends and old blobs go. */
const restMs = 60_000;
const defaultBackoff: Backoff = { baseMs: 1_000, capMs: 30_000 };
/** Faults that pass, or that the next assignment mends. */
const passing = /^CSM-(?:AGENT-DISK|ACCESS|TRANSFER|SPOOL|BLOB|STORE|UPDATE-LATE|UPDATE-NO-BLOB)/;
/** Faults that another trainer, with a device opened anew, may not meet. */
const crash = /^CSM-(?:TRAINER-CRASHED|INTERNAL|BACKEND-DEVICE)$/;

/**
 * The agent: moves towards the newest assignment, and says what it is doing. Level-triggered: an assignment is the whole
 * truth, so nothing depends on having seen the ones before it.
 */
export function startAgent(options: AgentOptions): Agent {
  const { home, settings, enrolment, identity, connection, egress, clock, now, log } = options;
  const {
    backoff = defaultBackoff,
    random = Math.random,
    trainer: makeTrainer = createTrainer,
    disk = realDisk,
  } = options;
  let current: Pursuit | null = null;
  let training: {
    readonly contract: BlobHash;
    readonly trainer: Trainer;
    /** Files and columns that a fault of the data may name. */
    readonly named: ReadonlySet<string>;
  } | null = null;
  let backend: string | null = null;
  let stopRest = () => {};

  const means = {
    site: enrolment.site,
    trust: enrolment,
    identity,
    runs: home.runs,
    left: home.left,
    blobs: home.blobs,
    reports: home.reports,
    connection,
    egress,
    now,
    disk,
    log,
    trainerFor,
  };

  async function trainerFor(contract: Contract): Promise<Trainer> {
    const hash = contractHash(contract);
    if (training?.contract === hash) return training.trainer;
    const named = namesOf(contract);
    await rest(contract);
    const { data, backend: choice, device, threads } = settings;
    const trainer = makeTrainer({
      setting: { contract, site: enrolment.site, data, backend: choice, device },
      ...{ threads, log, clock },
      onBackend: (inUse) => {
        backend = backendWord(inUse);
      },
    });
    training = { contract: hash, trainer, named };
    return trainer;
  }

  /** Ends the trainer of the last run and clears what other runs left. */
  async function rest(next: Contract | null): Promise<void> {
    const last = training;
    training = null;
    await last?.trainer.close();
    await tidyOtherRuns(means, next?.run ?? null).catch((thrown: unknown) =>
      log.warn({ code: asCoded(thrown).code }, 'old run folders were not cleared'),
    );
  }

  function sayOf(work: Work | null) {
    let said: SiteActivity | null = null;
    let saidMs = -Infinity;
    return (activity: SiteActivity, progress: SiteStatus['progress'] = null, error: CodedError | null = null): void => {
      const nowMs = clock.now();
      if (activity === said && progress !== null && nowMs - saidMs < progressMs) return;
      if (activity !== said) {
        log.info(
          { run: work?.run ?? null, step: work?.step ?? null, activity, ...(error && { code: error.code }) },
          activity,
        );
      }
      said = activity;
      saidMs = nowMs;
      const { run = null, step = null } = work ?? {};
      const status = { version, node: process.version, backend, run, step, activity, progress, error };
      egress.status(status, training?.named);
    };
  }

  /** Does one assignment, again and again while its faults may pass. */
  async function pursue(pursuit: Pursuit, signal: AbortSignal): Promise<Pursuit['end']> {
    const tell = sayOf(pursuit.work);
    // What the site does now, who came after says.
    const say: typeof tell = (...told) => {
      if (!signal.aborted) tell(...told);
    };
    let failures = 0;
    let crashes = 0;
    const decline = (error: CodedError): 'declined' => {
      say('declined', null, error);
      return 'declined';
    };
    const wait = async (error: CodedError): Promise<void> => {
      failures++;
      say('troubled', null, error);
      await pause(backoffMs(failures, backoff, random), signal);
    };
    // A fault under a contract that has been extended since is no reason to give up: the longer one may mend it.
    const decides = (work: Work): boolean => pursuit.work?.contract === work.contract;
    for (let work = pursuit.work; work !== null && !signal.aborted; work = pursuit.work) {
      try {
        const outcome = await obey(work, { ...means, say }, signal);
        if (outcome.kind === 'accepted') {
          say('waiting');
          return 'accepted';
        }
        if (outcome.kind === 'refused' && !passing.test(outcome.error.code)) {
          if (decides(work)) return decline(outcome.error);
          continue;
        }
        await wait(outcome.error);
      } catch (thrown) {
        if (signal.aborted) break;
        const error = asCoded(thrown);
        if (error.code === 'CSM-INTERNAL') log.error({ err: thrown }, 'an unexpected fault');
        else log.warn({ code: error.code, details: error.details }, error.message);
        if (crash.test(error.code)) crashes++;
        if (crashes >= maxCrashes || !(crash.test(error.code) || passing.test(error.code))) {
          if (decides(work)) return decline(error);
          continue;
        }
        await wait(error);
      }
    }
    return null;
  }

  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = clock.after(ms, done);
      signal.addEventListener('abort', done, { once: true });
    });

  function take(work: Work | null): void {
    const key = work === null ? 'nothing' : keyOf(work);
    // An acceptance that the coordinator no longer knows of: what was kept is sent once more.
    const lost = work !== null && work.verdict === null && current?.end === 'accepted';
    if (current?.key === key) {
      const longer = current.work?.contract !== work?.contract;
      current.work = work;
      // Work under way goes on: what it makes counts under either contract. What was given up may be possible now.
      if (!lost && !(longer && current.end === 'declined')) return;
    }
    stopRest();
    const before = current;
    before?.abort.abort(coded('CSM-TRANSFER-CLOSED'));
    const next: Pursuit = { key, work, abort: new AbortController(), done: Promise.resolve(), end: null };
    current = next;
    if (work === null) {
      sayOf(null)('idle');
      // What comes next, be it work or the end, waits for it.
      stopRest = clock.after(restMs, () => {
        next.done = next.done.then(() => rest(null));
      });
    }
    next.done = follow(before, next);
  }

  /** Work begins when what came before has let go. */
  async function follow(before: Pursuit | null, next: Pursuit): Promise<void> {
    await before?.done;
    if (next.work !== null && !next.abort.signal.aborted) next.end = await pursue(next, next.abort.signal);
  }

  const stopListening = connection.onAssignment(({ work }) => take(work));
  if (current === null) sayOf(null)('idle');

  return {
    async close() {
      stopListening();
      stopRest();
      current?.abort.abort(coded('CSM-TRANSFER-CLOSED'));
      await current?.done;
      await training?.trainer.close();
      await egress.settled();
    },
  };
}

/** What makes an assignment another piece of work. The contract, the journal's head and the verdict move without that. */
const keyOf = ({ run, step, index, model, preparation }: Work): string =>
  JSON.stringify([run, step, index, model, preparation]);
