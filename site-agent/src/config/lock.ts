import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { fail } from '@consilium/shared/errors';
import { withDisk } from './files.js';
import type { SiteHome } from './home.js';

/**
 * Keeps a home to one agent.
 * @returns how to let go
 * @throws CSM-AGENT-IN-USE, CSM-AGENT-DISK
 */
export const lockHome = ({ lock, folder }: SiteHome): Promise<() => Promise<void>> =>
  withDisk(lock, () => holdLock(lock, (pid) => fail('CSM-AGENT-IN-USE', { folder, pid })));

/**
 * Takes a lock, or calls `refuse` with the process that holds it. A lock whose process is gone does not count: a number that the
 * system gave to another process since is told apart by when that one began.
 * @returns how to let go
 */
export async function holdLock(lock: string, refuse: (pid: number) => never): Promise<() => Promise<void>> {
  const mine = `${process.pid} ${await beginOf(process.pid)}`;
  const draft = `${lock}.${process.pid}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    while (!(await take(draft, lock))) {
      const held = await textOf(lock);
      if (held === null) continue;
      const [pid, begin] = held.split(' ');
      if (held !== mine && (await isRunning(Number(pid), begin ?? ''))) refuse(Number(pid));
      await clear(lock, held, refuse);
    }
  } finally {
    await rm(draft, { force: true });
  }
  return () => rm(lock, { force: true });
}

/**
 * Removes a lock whose process is gone, if it is still that one. Under a lock of its own: of two that have found the same one stale,
 * the slower would remove what the faster has taken since.
 */
async function clear(lock: string, stale: string, refuse: (pid: number) => never): Promise<void> {
  const letGo = await holdLock(`${lock}.clearing`, refuse);
  try {
    if ((await textOf(lock)) === stale) await rm(lock, { force: true });
  } finally {
    await letGo();
  }
}

/** Whether the lock is ours now. */
async function take(draft: string, lock: string): Promise<boolean> {
  try {
    await link(draft, lock);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

/** What a lock says; null where there is none any more. */
async function textOf(lock: string): Promise<string | null> {
  try {
    return await readFile(lock, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

const codeOf = (thrown: unknown): unknown => (thrown instanceof Error && 'code' in thrown ? thrown.code : null);

async function isRunning(pid: number, begin: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: it runs, as another user.
    if (codeOf(thrown) !== 'EPERM') return false;
  }
  return (await beginOf(pid)) === begin;
}

/** When a process began, in the system's own ticks (Linux); the same text for all elsewhere. */
async function beginOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold blanks; the 20th field after it is the start time.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown';
}
