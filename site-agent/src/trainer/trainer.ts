import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isLibraryNotice } from '@consilium/models/native-library';
import { coded, fromWire } from '@consilium/shared/errors';
import { keylessEnvironment, tetheredEnvironment } from '@consilium/shared/process';
import { type Clock, type Log, systemClock } from '@consilium/shared/wire';
import type { RunningBackend } from '../backends/index.js';
import { answer, type Job, type JobResult, type Request, type Setting, type TrainerProgress } from './messages.js';

export interface TrainerOptions {
  readonly setting: Setting;
  readonly log: Log;
  /** Threads of native training; the backend's own choice when left out. */
  readonly threads?: number | undefined;
  readonly onBackend?: (backend: RunningBackend) => void;
  readonly clock?: Clock;
}

/** The trainer of one run: a child process that is started when there is work and again after it died. */
export interface Trainer {
  /**
   * Does a job. An abort rejects at once and tells the child; the next job waits until it has stopped. A child that does not stop is
   * killed, and the next job finds another one.
   * @throws the coded error of the job, CSM-TRAINER-CRASHED when the child died, the signal's reason
   */
  run(
    job: Job,
    options: { readonly signal: AbortSignal; readonly onProgress?: (progress: TrainerProgress) => void },
  ): Promise<JobResult>;
  /** The child's process id while it lives. */
  pid(): number | undefined;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (result: JobResult) => void;
  readonly reject: (reason: unknown) => void;
  readonly onProgress: ((progress: TrainerProgress) => void) | undefined;
}

/** A job stops between two batches, or after a few. One that goes on for this long hangs, in a driver or on a disk. */
const stopsWithinMs = 300_000;

// From the source as from the build: a process of its own runs what was built.
const program = fileURLToPath(new URL('../../dist/trainer/main.js', import.meta.url));

export function createTrainer(options: TrainerOptions): Trainer {
  const { setting, log, clock = systemClock } = options;
  const pending = new Map<number, Pending>();
  /** Jobs that were given up and that the child has not ended yet: each with how to let it live. */
  const stopping = new Map<number, () => void>();
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  let newest = 0;

  function rejectAll(reason: unknown): void {
    for (const { reject } of pending.values()) reject(reason);
    pending.clear();
  }

  function stopped(number: number): void {
    stopping.get(number)?.();
    stopping.delete(number);
  }

  function take(raw: unknown): void {
    const parsed = answer.safeParse(raw);
    if (!parsed.success) {
      log.error({ path: parsed.error.issues[0]?.path.join('.') }, 'the trainer said something that has no meaning');
      child?.kill('SIGKILL');
      return;
    }
    const message = parsed.data;
    switch (message.type) {
      case 'ready':
        log.info({ ...message.backend }, `training on ${message.backend.device} (${message.backend.kind})`);
        if (message.backend.note !== undefined) log.warn({}, message.backend.note);
        options.onBackend?.(message.backend);
        break;
      case 'unable':
        rejectAll(fromWire(message.error));
        child?.kill('SIGKILL');
        break;
      case 'progress': {
        const { epoch, done, total, epochLoss } = message;
        pending.get(message.number)?.onProgress?.({ epoch, done, total, epochLoss });
        break;
      }
      case 'done':
        pending.get(message.number)?.resolve(message.result);
        pending.delete(message.number);
        stopped(message.number);
        break;
      case 'failed':
        pending.get(message.number)?.reject(fromWire(message.error));
        pending.delete(message.number);
        stopped(message.number);
        break;
      default:
        message satisfies never;
    }
  }

  function start(): ChildProcess {
    const started = fork(program, [], {
      serialization: 'advanced',
      execArgv: [],
      env: tetheredEnvironment({ ...keylessEnvironment(), ...threadVariables(options.threads) }),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [started.stdout, started.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        log[isLibraryNotice(line) ? 'debug' : 'warn']({ from: 'trainer' }, line);
      });
    }
    started.on('message', take);
    ended = new Promise((resolve) => {
      const end = (how: string): void => {
        if (child === started) child = null;
        for (const number of stopping.keys()) stopped(number);
        rejectAll(coded('CSM-TRAINER-CRASHED', { how }));
        resolve();
      };
      started.once('close', (code, signal) => end(signal ?? `exit code ${code}`));
      started.on('error', (error) => {
        log.warn({ kind: error.name }, 'the trainer cannot be reached');
        // One that never came to be has no end either.
        if (started.pid === undefined) end('it could not be started');
      });
    });
    child = started;
    tell(started, { type: 'begin', setting });
    return started;
  }

  return {
    async run(job, { signal, onProgress }) {
      signal.throwIfAborted();
      if (child !== null && !child.connected) await ended;
      signal.throwIfAborted();
      const working = child ?? start();
      const number = newest++;
      const result = new Promise<JobResult>((resolve, reject) => pending.set(number, { resolve, reject, onProgress }));
      tell(working, { type: 'job', number, job });
      const leave = () => {
        pending.get(number)?.reject(signal.reason);
        pending.delete(number);
        tell(working, { type: 'abort', number });
        if (child !== working) return;
        const cancel = clock.after(stopsWithinMs, () => {
          log.warn({}, 'the trainer does not stop what it was told to stop: it is ended');
          working.kill('SIGKILL');
        });
        stopping.set(number, cancel);
      };
      signal.addEventListener('abort', leave, { once: true });
      try {
        return await result;
      } finally {
        signal.removeEventListener('abort', leave);
      }
    },
    pid: () => child?.pid,
    async close() {
      child?.kill('SIGKILL');
      await ended;
    },
  };
}

function tell(child: ChildProcess, message: Request): void {
  // Without a callback a broken channel would be an uncaught error; the child's end is reported elsewhere.
  if (child.connected) child.send(message, () => {});
}

/** How TensorFlow's library is told how many threads to take. */
export function threadVariables(threads: number | undefined): Readonly<Record<string, string>> {
  if (threads === undefined) return {};
  const count = String(threads);
  return { TF_NUM_INTRAOP_THREADS: count, TF_NUM_INTEROP_THREADS: count, OMP_NUM_THREADS: count };
}
