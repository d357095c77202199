import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../native', import.meta.url));

/** The C++ source of our own operations, which is compiled beside the addon's. */
export interface KernelSources {
  readonly folder: string;
  /** What is compiled; the rest is included by these. */
  readonly units: readonly string[];
  /** Of all files: an addon that was built from others does not fit. */
  readonly sha256: string;
}

export function kernelSources(): KernelSources {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:cc|h)$/.test(name))
    .sort();
  const hash = createHash('sha256');
  for (const name of names) {
    const text = readFileSync(join(folder, name));
    hash.update(`${name}\0${text.length}\0`).update(text);
  }
  return { folder, units: names.filter((name) => name.endsWith('.cc')), sha256: hash.digest('hex') };
}
