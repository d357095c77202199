import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a bad disk does to a file. `at` is a share of its length. */
export type Damage = { readonly kind: 'flip' | 'cut'; readonly at: number };

/** Flips in the first, the last and some bytes between; cut to nothing, to half, and by the last byte. */
export const damages: readonly Damage[] = [
  ...[0, 0.3, 0.7, 1].map((at) => ({ kind: 'flip' as const, at })),
  ...[0, 0.5, 1].map((at) => ({ kind: 'cut' as const, at })),
];

export async function damageFile(path: string, { kind, at }: Damage): Promise<void> {
  const { size } = await stat(path);
  const place = Math.floor(at * Math.max(0, size - 1));
  if (kind === 'cut') return truncate(path, place);
  const bytes = await readFile(path);
  bytes[place]! ^= 0x10;
  await writeFile(path, bytes);
}

/** All files below a folder, by their paths from it. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
