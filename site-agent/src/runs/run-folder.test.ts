import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { runId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRunFolder } from './run-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-runs-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a fetched blob', () => {
  const bytes = Buffer.alloc(1_500_000, 'a model ');
  const hash = sha256(bytes);

  it('is fetched once, and again when the disk altered or shortened it', async () => {
    const run = await openRunFolder(folder, runId.parse('ab'.repeat(16)));
    let fetches = 0;
    const obtain = () =>
      run.obtain(hash, async (sink) => {
        fetches += 1;
        expect(await sink.offset()).toBe(0);
        await sink.write(0, bytes);
      });
    const path = await obtain();
    await obtain();
    expect(fetches).toBe(1);
    const flipped = Buffer.from(bytes);
    flipped[1_200_000]! ^= 1;
    for (const damaged of [flipped, bytes.subarray(0, 700_000), new Uint8Array(0)]) {
      await writeFile(path, damaged);
      await obtain();
      expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
    }
    expect(fetches).toBe(4);
  });
});
