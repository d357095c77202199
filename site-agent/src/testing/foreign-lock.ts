import { readFile, writeFile } from 'node:fs/promises';

/** Writes a lock that process 1 holds, which runs for as long as the machine does: this process may take its own again. */
export async function lockByAnother(lock: string): Promise<void> {
  const line = await readFile('/proc/1/stat', 'utf8').catch(() => '');
  const begin = line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown';
  await writeFile(lock, `1 ${begin}`);
}
