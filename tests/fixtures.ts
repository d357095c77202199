import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Data sets and worked numbers that lie beside the repository; suites that need them are skipped where they are absent. */
const beside = fileURLToPath(new URL('../../shared/', import.meta.url));

/**
 * Folder of a real data set: under CONSILIUM_DATA, or beside the repository; null when it is not there.
 * @throws when CONSILIUM_DATA is set and lacks it: what was asked for must not be skipped in silence
 */
export function dataFolder(name: string): string | null {
  return locate('CONSILIUM_DATA', join(beside, 'data'), name);
}

/** A JSON file of worked numbers: under CONSILIUM_SPEC, or beside the repository; null when it is not there. Throws like `dataFolder`. */
export function fixture(name: string): unknown | null {
  const file = locate('CONSILIUM_SPEC', join(beside, 'spec', 'fixtures'), `${name}.json`);
  return file === null ? null : JSON.parse(readFileSync(file, 'utf8'));
}

function locate(variable: string, fallback: string, name: string): string | null {
  const root = process.env[variable];
  const path = join(root ?? fallback, name);
  if (existsSync(path)) return path;
  if (root !== undefined) throw new Error(`${variable} is set but holds no ${name}`);
  return null;
}
