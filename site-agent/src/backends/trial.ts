import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type CodedError, coded, fromWire } from '@consilium/shared/errors';
import { keylessEnvironment, tetheredEnvironment } from '@consilium/shared/process';
import { answer, type RunningBackend, type TestedCase, type TrialRequest } from './messages.js';
import type { Speed } from './product.js';

export interface TrialOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onCase?: (tested: TestedCase, done: number, total: number) => void;
  /** Told as soon as it runs: what comes after may still fail. */
  readonly onStart?: (backend: RunningBackend) => void;
  /** Text that the process writes, its library's above all. */
  readonly onText?: (text: string) => void;
}

export interface TrialResult {
  readonly backend: RunningBackend;
  /** Empty where the suite was not asked for. */
  readonly cases: readonly TestedCase[];
  /** Null where it was not asked for. */
  readonly speed: Speed | null;
}

/** Tries a backend. @throws what the backend says, CSM-BACKEND-ENDED, the signal's reason */
export type TryBackend = (request: TrialRequest, options: TrialOptions) => Promise<TrialResult>;

// From the source as from the build: a process of its own runs what was built.
const program = fileURLToPath(new URL('../../dist/backends/trial-main.js', import.meta.url));

export const tryBackend: TryBackend = (request, { env, signal, onCase, onStart, onText }) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const cases: TestedCase[] = [];
    let backend: RunningBackend | null = null;
    let speed: Speed | null = null;
    let error: CodedError | null = null;
    let done = false;
    const child = fork(program, [JSON.stringify(request)], {
      serialization: 'advanced',
      execArgv: [],
      env: tetheredEnvironment(keylessEnvironment(env)),
      stdio: onText === undefined ? ['ignore', 'ignore', 'ignore', 'ipc'] : ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    if (onText !== undefined)
      for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onText);
    const stop = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    child.on('message', (raw) => {
      const parsed = answer.safeParse(raw);
      if (!parsed.success) return stop();
      const message = parsed.data;
      switch (message.type) {
        case 'started':
          backend = message.backend;
          onStart?.(message.backend);
          break;
        case 'case':
          cases.push(message.tested);
          onCase?.(message.tested, cases.length, message.total);
          break;
        case 'speed':
          speed = { gigaflops: message.gigaflops, size: message.size };
          break;
        case 'done':
          done = true;
          break;
        case 'failed':
          error = fromWire(message.error);
          break;
        default:
          message satisfies never;
      }
    });
    child.once('error', reject);
    child.once('close', (status, killed) => {
      signal.removeEventListener('abort', stop);
      const how = killed ?? `status ${status}`;
      if (signal.aborted) reject(signal.reason);
      else if (backend !== null && done) resolve({ backend, cases, speed });
      else reject(error ?? coded('CSM-BACKEND-ENDED', { backend: request.choice, how }));
    });
  });
