import { asCoded, type CodedError, coded } from '@consilium/shared/errors';
import { printable } from '@consilium/shared/terminal';
import type { Clock } from '@consilium/shared/wire';
import { type RunningBackend, type Speed, type TrialRequest, type TryBackend, tryBackend } from '../backends/index.js';
import { threadVariables } from '../trainer/index.js';

/** Which backend site.yaml asks for, and what it must run on. */
export type Demand = Pick<TrialRequest, 'choice' | 'device'>;

/** What trying a backend out gave. What failed is in `error`; null where nothing did. */
export interface Trial {
  readonly backend: RunningBackend | null;
  readonly speed: Speed | null;
  readonly error: CodedError | null;
  /** The last lines that the library wrote. */
  readonly said: readonly string[];
}

export interface TryOutOptions {
  /** Threads of native training, as in site.yaml. */
  readonly threads: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly attempt?: TryBackend;
}

/** A GPU's library that was built for older devices translates its programs first. */
const limitMs = 180_000;
const keptLines = 6;
const keptCharacters = 300;

/** Starts a backend in a process of its own and times it there. Rejects only with the signal's reason. */
export async function tryOut(
  demand: Demand,
  { threads, env, clock, signal, attempt = tryBackend }: TryOutOptions,
): Promise<Trial> {
  const late = new AbortController();
  const stopTimer = clock.after(limitMs, () =>
    late.abort(coded('CSM-BACKEND-ENDED', { backend: demand.choice, how: `no answer in ${limitMs / 1000} s` })),
  );
  let started: RunningBackend | null = null;
  let heard = '';
  try {
    const { backend, speed } = await attempt(
      { ...demand, suite: false, speed: true },
      {
        env: { ...env, ...threadVariables(threads) },
        signal: AbortSignal.any([signal, late.signal]),
        onStart: (backend) => {
          started = backend;
        },
        onText: (text) => {
          heard = (heard + text).slice(-keptLines * keptCharacters * 4);
        },
      },
    );
    return { backend, speed, error: null, said: lastLines(heard) };
  } catch (thrown) {
    signal.throwIfAborted();
    return { backend: started, speed: null, error: asCoded(thrown), said: lastLines(heard) };
  } finally {
    stopTimer();
  }
}

/** Greetings and stacks tell nothing of the fault. */
const idle = /^(?:at |I\d{4} |WARNING: All log messages before)/;

const lastLines = (heard: string): readonly string[] =>
  [...new Set(heard.split('\n').map((line) => line.trim()))]
    .filter((line) => line !== '' && !idle.test(line))
    .slice(-keptLines)
    .map((line) => printable(line).slice(0, keptCharacters));
