import { spawn } from 'node:child_process';
import { keylessEnvironment } from '@consilium/shared/process';

/** How a program ended; a null status where it is not there, or a signal ended it. */
export interface Ended {
  readonly status: number | null;
  /** The code of the fault with which it could not be started (`ENOENT`). */
  readonly fault?: string;
  /** The last of what it wrote, on both outputs. */
  readonly output: string;
}

/** Runs a program to its end, with `env` beside this process's own, which keeps its passphrase to itself. Rejects with the signal's reason when aborted. */
export type Run = (
  command: string,
  args: readonly string[],
  options: { readonly signal: AbortSignal; readonly env?: Readonly<Record<string, string>> },
) => Promise<Ended>;

const keptOutputBytes = 64 * 2 ** 10;

export const runProgram: Run = (command, args, { signal, env }) =>
  new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(command, args, {
      env: { ...keylessEnvironment(), ...env },
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-keptOutputBytes);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else resolve({ status: null, fault: error.code ?? 'unknown fault', output });
    });
    child.once('close', (status) => (signal.aborted ? reject(signal.reason) : resolve({ status, output })));
  });
