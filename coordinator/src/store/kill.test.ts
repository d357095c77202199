import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sha256 } from '@consilium/shared/canonical';
import { verifyChain } from '@consilium/shared/journal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBlobFolder } from './folder.js';
import { claimOf, owner } from './place.conformance.js';
import { openSqliteStore } from './sqlite.js';
import { runRow } from './store.conformance.js';
import { runOf } from './tables/index.js';

const kills = 6;
const built = new URL('../../dist/store/index.js', import.meta.url).href;
const builtJournal = new URL('../../../shared/dist/journal/index.js', import.meta.url).href;
const dataKey = new Uint8Array(32).fill(7);

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'consilium-kill-'));
});
afterEach(() => fs.rm(folder, { recursive: true }));

/** Runs a program that prints a line for everything it holds as done, and kills it right after the `after`-th line. */
async function killedAfter(after: number, program: string): Promise<string[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<string | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === after) child.kill('SIGKILL');
  }
  expect(await ended).toBe('SIGKILL');
  return lines;
}

describe('a coordinator killed at any moment', () => {
  it('finds every acknowledged record, whole transactions only, and projections that fit', async () => {
    const file = join(folder, 'consilium.db');
    const appending = `
      import { openSqliteStore, putRun } from ${JSON.stringify(built)};
      import { sealRecord } from ${JSON.stringify(builtJournal)};
      const store = await openSqliteStore({ file: ${JSON.stringify(file)} });
      const row = ${JSON.stringify(runRow())};
      for (let head = await store.head('run'); ; ) {
        const records = [];
        for (const body of ['opened', 'x'.repeat(20000), 'closed']) {
          records.push(sealRecord(records.at(-1) ?? head, { chain: 'run', time: row.created, type: 'noted', body }, () => 'A'.repeat(86)));
        }
        const expected = head?.hash ?? null;
        head = records.at(-1);
        await store.append('run', expected, records, (tx) => putRun(tx, { ...row, stepIndex: head.sequence }));
        console.log(head.sequence);
      }`;
    let before = -1;
    for (let kill = 1; kill <= kills; kill++) {
      const acknowledged = Number((await killedAfter(kill, appending)).at(-1));
      expect(acknowledged).toBeGreaterThan(before);
      const store = await openSqliteStore({ file });
      try {
        const { head } = await verifyChain(store.records('run'), { verify: () => true });
        expect(head?.sequence).toBeGreaterThanOrEqual(acknowledged);
        expect((head?.sequence ?? 0) % 3).toBe(2);
        const run = await store.read((db) => runOf(db, runRow().run));
        expect(run?.stepIndex).toBe(head?.sequence);
        before = head?.sequence ?? -1;
      } finally {
        await store.close();
      }
    }
  });

  it('finds every acknowledged blob, no damaged one, and goes on with the upload', async () => {
    const blobBytes = 1_500_000;
    const contentOf = (seed: number) => Buffer.alloc(blobBytes, `update ${seed} `);
    let seed = 0;
    for (let kill = 1; kill <= kills; kill++) {
      const writing = `
        import { openBlobFolder } from ${JSON.stringify(built)};
        const { blobs, spools } = await openBlobFolder({ folder: ${JSON.stringify(folder)}, dataKey: new Uint8Array(32).fill(7) });
        const { createHash } = await import('node:crypto');
        for (let seed = ${seed}; ; seed++) {
          const bytes = Buffer.alloc(${blobBytes}, 'update ' + seed + ' ');
          if (seed % 2 === 0) await blobs.write(bytes);
          else {
            const hash = createHash('sha256').update(bytes).digest('hex');
            const spool = await spools.open({ ...${JSON.stringify(owner)}, hash, bytes: bytes.length });
            await spool.write(0, bytes);
            await spool.finish();
          }
          console.log(seed);
        }`;
      const acknowledged = (await killedAfter(kill, writing)).map(Number);
      const place = await openBlobFolder({ folder, dataKey });
      try {
        const kept = new Set<string>();
        for (const prefix of await fs.readdir(join(folder, 'blobs'))) {
          for (const name of await fs.readdir(join(folder, 'blobs', prefix))) kept.add(name);
        }
        for (const done of acknowledged) expect(kept).toContain(sha256(contentOf(done)));
        const last = (acknowledged.at(-1) ?? seed) + 1;
        for (let one = seed; one <= last; one++) {
          const hash = sha256(contentOf(one));
          if (!kept.has(hash)) continue;
          expect(Buffer.compare(await place.blobs.read(hash, 0, blobBytes), contentOf(one))).toBe(0);
        }
        expect(await fs.readdir(join(folder, 'tmp'))).toEqual([]);
        // The one that was under way is finished by sending what is missing.
        const claim = claimOf(contentOf(last));
        const spool = await place.spools.open(claim);
        await spool.write(spool.offset, contentOf(last).subarray(spool.offset));
        expect(await spool.finish()).toBe(claim.hash);
        expect(await place.blobs.size(claim.hash)).toBe(blobBytes);
        await place.blobs.sweep(async () => new Set());
        seed = last + 1;
      } finally {
        await place.close();
      }
    }
  });
});
