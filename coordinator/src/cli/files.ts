import { open, rename } from 'node:fs/promises';
import { fail } from '@consilium/shared/errors';

/** Turns a fault of the disk into one clear line. Use as `.catch(fileFault(path))`. */
export const fileFault =
  (path: string) =>
  (thrown: unknown): never =>
    fail('CSM-CLI-FILE', { path, reason: reasonOf(thrown) }, { cause: thrown });

/** Writes a file that others must not read, whole or not at all. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  try {
    const handle = await open(part, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (thrown) {
    fileFault(path)(thrown);
  }
}

/** The system's short name of a fault, such as ENOENT. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'unknown fault';
