import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { bundles } from './pins.js';
import { readWheelName } from './wheel-name.js';

it('pins every file by a SHA-256, and none twice', () => {
  const hashes = bundles.flatMap(({ files }) => files.map(({ sha256 }) => sha256));
  for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(new Set(bundles.map(({ name }) => name)).size).toBe(bundles.length);
});

it('says where an archive lies, and how large a wheel is', () => {
  for (const { kind, base, files } of bundles) {
    if (kind === 'archive') expect(base).toMatch(/^https:.*\/$/);
    else for (const { bytes } of files) expect(bytes).toBeGreaterThan(0);
  }
});

it('tries the CUDA wheels before the archive for CUDA 11', () => {
  expect(bundles.filter(({ device }) => device === 'gpu').map(({ kind }) => kind)).toEqual(['wheel', 'archive']);
});

it('is told to people who bring the files by hand', async () => {
  const page = await readFile(new URL('../../../docs/backends.md', import.meta.url), 'utf8');
  for (const { name, sha256 } of bundles.flatMap(({ files }) => files)) {
    expect(page).toMatch(new RegExp(`\`${name.replaceAll('.', '\\.')}\`[^\n]*\`${sha256}\``));
    const wheel = readWheelName(name);
    if (wheel !== null) expect(page).toContain(`${wheel.project}==${wheel.version}`);
  }
});
