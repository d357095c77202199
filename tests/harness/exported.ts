import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { ExportFolder } from '@consilium/coordinator/verifying';
import type { Certificate } from '@consilium/shared/crypto';
import type { PublicKey, RunId } from '@consilium/shared/ids';
import { openClient } from '../../coordinator/src/cli/client.js';
import { exportRun } from '../../coordinator/src/cli/export-run.js';
import type { Consortium } from './consortium.js';

/** Files of an exported run by name. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** Exports a run as the lead's command does, and reads the folder into memory. */
export async function exportedRun({ lead, coordinator }: Consortium, run: string, updates = true): Promise<Files> {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-export-'));
  const { identity, consortium } = lead;
  const address = coordinator().url;
  const now = () => new Date();
  const client = openClient({ address, consortium, lead: identity, ca: null, now, random: randomBytes });
  try {
    const { publicKey, certificate } = await lead.call<{ publicKey: PublicKey; certificate: Certificate }>(
      'GET',
      '/api/identity',
    );
    const home = {
      ...{ folder, lead: identity.publicKey, consortium, coordinator: null, former: [] },
      unlock: async () => identity,
      adopt: async () => {},
    };
    const session = {
      ...{ home, lead: identity, client, coordinatorKey: publicKey },
      coordinator: { address, certificate, ca: null },
    };
    await exportRun(session, run as RunId, folder, { updates, now }, new AbortController().signal);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = new Map<string, Uint8Array>();
    for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
      const path = join(parentPath, name);
      files.set(relative(folder, path), new Uint8Array(await readFile(path)));
    }
    return files;
  } finally {
    await client.close();
    await rm(folder, { recursive: true });
  }
}

export const folderOf = (files: Files): ExportFolder => ({
  names: async () => [...files.keys()].sort(),
  size: async (name) => files.get(name)!.length,
  read: async (name, offset, length) => files.get(name)!.subarray(offset, offset + length),
});
