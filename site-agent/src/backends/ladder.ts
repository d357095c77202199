import { asCoded, type CodedError } from '@consilium/shared/errors';
import { type Rung, type RunningBackend, rungs } from './messages.js';
import type { TrialOptions, TryBackend } from './trial.js';

/** How one backend does on this machine. */
export type RungStanding =
  | { readonly rung: Rung; readonly backend: RunningBackend }
  | { readonly rung: Rung; readonly error: CodedError };

export interface Ladder {
  /** The best first. */
  readonly rungs: readonly RungStanding[];
  /** What `backend: auto` takes; the fault where it finds nothing. */
  readonly auto: RunningBackend | CodedError;
}

/** Tries every backend, each in a process of its own, and what `auto` takes. @throws the signal's reason */
export async function climb(attempt: TryBackend, options: TrialOptions): Promise<Ladder> {
  const of = (choice: Rung | 'auto'): Promise<RunningBackend | CodedError> =>
    attempt({ choice, device: 'any', suite: false }, options).then(
      ({ backend }) => backend,
      (thrown: unknown) => {
        options.signal.throwIfAborted();
        return asCoded(thrown);
      },
    );
  const [auto, ...standings] = await Promise.all([of('auto'), ...rungs.map(of)]);
  return {
    auto,
    rungs: rungs.flatMap((rung, index) => {
      const outcome = standings[index];
      if (outcome === undefined) return [];
      return [outcome instanceof Error ? { rung, error: outcome } : { rung, backend: outcome }];
    }),
  };
}
