import * as promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diskUsage } from './disk-usage.js';

let folder: string;
beforeEach(async () => {
  folder = await promises.mkdtemp(join(tmpdir(), 'consilium-usage-'));
  await promises.mkdir(join(folder, 'blobs', 'ab'), { recursive: true });
  await promises.writeFile(join(folder, 'blobs', 'ab', 'one'), new Uint8Array(1000));
  await promises.writeFile(join(folder, 'key-check'), new Uint8Array(24));
});
afterEach(() => promises.rm(folder, { recursive: true }));

it('sums the files of all folders below, and tells what is left', async () => {
  const { usedBytes, freeBytes } = await diskUsage(folder);
  expect(usedBytes).toBe(1024);
  expect(freeBytes).toBeGreaterThan(0);
});

it('passes over what goes while it reads', async () => {
  const stat = async () => Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' }));
  expect((await diskUsage(folder, { ...promises, stat })).usedBytes).toBe(0);
});

it('tells of any other fault', async () => {
  const statfs = async () => Promise.reject(new Error('the disk is broken'));
  await expect(diskUsage(folder, { ...promises, statfs })).rejects.toThrow('the disk is broken');
});
