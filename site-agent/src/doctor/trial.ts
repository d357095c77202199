import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type CodedError, coded, fromWire } from '@consilium/shared/errors';
import { tetheredEnvironment } from '@consilium/shared/process';
import { printable } from '@consilium/shared/terminal';
import type { Clock } from '@consilium/shared/wire';
import { threadVariables } from '../trainer/index.js';
import type { Speed } from './product.js';
import { type BackendInUse, type TrialRequest, trialMessage } from './trial-messages.js';

/** What trying a backend out gave. What failed is in `error`; null where nothing did. */
export interface Trial {
  readonly backend: BackendInUse | null;
  readonly speed: Speed | null;
  readonly error: CodedError | null;
  /** The last lines that the library wrote. */
  readonly said: readonly string[];
}

export interface TrialOptions {
  readonly request: TrialRequest;
  /** Threads of native training, as in site.yaml. */
  readonly threads: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A GPU's library that was built for older devices translates its programs first. */
const limitMs = 180_000;
const keptLines = 6;
const keptCharacters = 300;

// From the source as from the build: a process of its own runs what was built.
const program = fileURLToPath(new URL('../../dist/doctor/trial-process.js', import.meta.url));

/** Starts a backend in a process of its own and times it there. Rejects only with the signal's reason. */
export function tryBackend({ request, threads, env, clock, signal }: TrialOptions): Promise<Trial> {
  return new Promise((resolve, reject) => {
    let backend: BackendInUse | null = null;
    let speed: Speed | null = null;
    let error: CodedError | null = null;
    let heard = '';
    const child = fork(program, [], {
      execArgv: [],
      env: tetheredEnvironment({ ...env, ...threadVariables(threads) }),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const stop = () => child.kill('SIGKILL');
    const stopTimer = clock.after(limitMs, () => {
      error ??= coded('CSM-DOCTOR-BACKEND-ENDED', { how: `no answer in ${limitMs / 1000} s` });
      stop();
    });
    const end = (how: string | null): void => {
      stopTimer();
      signal.removeEventListener('abort', stop);
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      if (speed === null && how !== null) error ??= coded('CSM-DOCTOR-BACKEND-ENDED', { how });
      resolve({ backend, speed, error, said: lastLines(heard) });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        heard = (heard + text).slice(-keptLines * keptCharacters * 4);
      });
    }
    child.on('message', (raw) => {
      const message = trialMessage.parse(raw);
      switch (message.type) {
        case 'backend':
          ({ backend } = message);
          break;
        case 'speed':
          speed = { gigaflops: message.gigaflops, size: message.size };
          break;
        case 'fault':
          error = fromWire(message.error);
          break;
        default:
          message satisfies never;
      }
    });
    child.once('close', (code, died) => end(died ?? `exit code ${code}`));
    child.on('error', () => {
      // One that never came to be has no end either.
      if (child.pid === undefined) end('it could not be started');
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    else child.send(request, () => {});
  });
}

const lastLines = (heard: string): readonly string[] =>
  heard
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-keptLines)
    .map((line) => printable(line.trim()).slice(0, keptCharacters));
