import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { coded, fromWire } from '@consilium/shared/errors';
import { tetheredEnvironment } from '@consilium/shared/process';
import { wireError } from '@consilium/shared/wire';
import type { InitialRequest } from './request.js';

export type { InitialRequest } from './request.js';

// From the source as from the build: a process of its own runs what was built.
const program = fileURLToPath(new URL('../../dist/initial/main.js', import.meta.url));

/**
 * Makes starting weights in a child process and hands their bytes (a weights file) to `append` as they come.
 * @throws CSM-MODEL-* as the family says, CSM-INITIAL-FAILED when the child dies
 */
export async function makeInitial(
  request: InitialRequest,
  append: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: tetheredEnvironment(),
    signal,
  });
  const complaint = text(child.stderr);
  const ended = once(child, 'close');
  // Awaited below, once its output has ended; an abort comes before that and must not be taken for unheard.
  ended.catch(() => {});
  // A child that dies early closes its input; its exit says so.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(request));
  for await (const bytes of child.stdout) await append(bytes);
  const [status] = await ended;
  if (status !== 0) throw read(await complaint, Number(status ?? -1));
}

function read(complaint: string, status: number) {
  try {
    return fromWire(wireError.parse(JSON.parse(complaint)));
  } catch {
    return coded('CSM-INITIAL-FAILED', { status });
  }
}
