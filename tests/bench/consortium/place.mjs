import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCoordinator } from './coordinator.mjs';
import { openLead } from './lead.mjs';

/**
 * A coordinator that its lead has adopted, a process and a folder of its own, for as long as `work` takes. Whatever `work` puts
 * into `groups` is closed with it.
 * @param {(place: object) => Promise<T>} work
 * @param {{ profile?: string | null }} options
 * @returns {Promise<T>}
 * @template T
 */
export async function withCoordinator(work, options = {}) {
  const home = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  const lead = openLead();
  let coordinator = startCoordinator(home, lead, options);
  const groups = [];
  const place = {
    lead,
    home,
    groups,
    coordinator: () => coordinator,
    /** Kills it as a crash does, and starts it again under the same address. @returns seconds until it listens */
    async again() {
      const { port } = new URL(await coordinator.address);
      await coordinator.crash();
      const began = performance.now();
      coordinator = startCoordinator(home, lead, { ...options, port });
      await coordinator.address;
      return (performance.now() - began) / 1000;
    },
  };
  try {
    await lead.adopt(await coordinator.address);
    return await work(place);
  } finally {
    await Promise.all(groups.map((group) => group.close()));
    await coordinator.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** Bytes of all files under a folder. */
export async function bytesUnder(folder) {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (entry.isFile())
      bytes += (await stat(join(entry.parentPath ?? entry.path, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
