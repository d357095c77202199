import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { coded, fromWire } from '@consilium/shared/errors';
import { keylessEnvironment, tetheredEnvironment } from '@consilium/shared/process';
import { wireError } from '@consilium/shared/wire';

/**
 * Runs one of the programs beside this file, which alone load the models, and gives what `take` makes of its output.
 * @throws the coded error that the program writes to its standard error, CSM-INITIAL-FAILED when it dies
 */
export async function runChild<T>(
  program: 'make-weights' | 'check-model',
  input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  take: (output: AsyncIterable<Uint8Array>) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  // From the source as from the build: a process of its own runs what was built.
  const path = fileURLToPath(new URL(`../../dist/initial/${program}.js`, import.meta.url));
  const child = spawn(process.execPath, [path], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: tetheredEnvironment(keylessEnvironment()),
    signal,
  });
  const complaint = text(child.stderr);
  const ended = once(child, 'close');
  // Awaited below, once its output has ended; an abort comes before that and must not be taken for unheard.
  ended.catch(() => {});
  // A child that dies early closes its input; its exit says so.
  pipeline(Readable.from(input), child.stdin).catch(() => {});
  const taken = await take(child.stdout);
  const [status] = await ended;
  if (status !== 0) throw read(await complaint, Number(status ?? -1));
  return taken;
}

function read(complaint: string, status: number) {
  try {
    return fromWire(wireError.parse(JSON.parse(complaint)));
  } catch {
    return coded('CSM-INITIAL-FAILED', { status });
  }
}
