import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { sha256Of } from './digest.js';
import { onDisk } from './faults.js';
import type { Bundle } from './pins.js';

/** A bundle all of whose files were given, and where these lie. */
export interface GivenBundle {
  readonly bundle: Bundle;
  readonly paths: readonly string[];
}

/**
 * Finds the bundle that given files make. What counts is their content, not their names; of a folder, what lies in it is looked at.
 *
 * @throws CSM-NATIVE-FILE naming the first file that lacks, CSM-NATIVE-DISK
 */
export async function bundleOf(
  given: readonly string[],
  candidates: readonly Bundle[],
  signal: AbortSignal,
): Promise<GivenBundle> {
  const sizes = new Set(candidates.flatMap(({ files }) => files.map(({ bytes }) => bytes)));
  const found = new Map<string, string>();
  for (const path of (await Promise.all(given.map(filesAt))).flat()) {
    const { size } = await onDisk(path, () => stat(path));
    // A hash of a gigabyte takes seconds: only of what may be one of ours.
    if (sizes.has(size) || sizes.has(null)) found.set(await onDisk(path, () => sha256Of(path, signal)), path);
  }
  const missingOf = (bundle: Bundle) => bundle.files.filter(({ sha256 }) => !found.has(sha256));
  const begun = candidates.filter((bundle) => missingOf(bundle).length < bundle.files.length);
  const bundle = begun.find((candidate) => missingOf(candidate).length === 0);
  if (bundle === undefined) {
    const lacking = (begun.length > 0 ? begun : candidates).flatMap((candidate) => missingOf(candidate).slice(0, 1));
    return fail('CSM-NATIVE-FILE', { file: lacking.map(({ name }) => name).join(' or ') });
  }
  return { bundle, paths: bundle.files.map(({ sha256 }) => found.get(sha256) ?? '') };
}

async function filesAt(path: string): Promise<readonly string[]> {
  const at = resolve(path);
  return onDisk(at, async () => {
    if (!(await stat(at)).isDirectory()) return [at];
    const entries = await readdir(at, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => join(at, name));
  });
}
