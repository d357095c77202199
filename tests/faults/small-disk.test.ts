import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openBlobFolder, openSqliteStore } from '@consilium/coordinator/store';
import { sha256 } from '@consilium/shared/canonical';
import { createIdentity } from '@consilium/shared/crypto';
import { readJournal } from '@consilium/shared/journal';
import { openLedger } from '@consilium/site-agent/governance';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('./small-disk.mjs', import.meta.url));
const limitKiB = 256;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-faults-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Said {
  readonly acknowledged: readonly number[];
  readonly codes: readonly string[];
}

async function underLimit(...words: readonly string[]): Promise<Said> {
  const script = `ulimit -f ${limitKiB}; exec "$0" "$@"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script, process.execPath, program, ...words]);
  return JSON.parse(stdout);
}

// `ulimit -f` is the one way to a disk that is really full that needs no rights; Windows has none.
describe.skipIf(process.platform === 'win32')('where the system lets no file grow', () => {
  it('the site’s ledger holds every line that it acknowledged, and goes on', async () => {
    const path = join(folder, 'ledger.jsonl');
    const identity = createIdentity();
    const { acknowledged, codes } = await underLimit('ledger', path, Buffer.from(identity.secretKey).toString('hex'));
    expect(new Set(codes)).toEqual(new Set(['CSM-AGENT-DISK']));
    expect(acknowledged.length).toBeGreaterThan(4);
    const ledger = await openLedger(path, identity, () => new Date(0));
    await ledger.append('status', { index: -1 }, true);
    await ledger.close();
    const lines: number[] = [];
    for await (const { body } of readJournal(createReadStream(path))) lines.push((body as { index: number }).index);
    expect(lines).toEqual([...acknowledged, -1]);
  });

  it('the coordinator’s journal holds every record that it acknowledged', async () => {
    const file = join(folder, 'consilium.sqlite');
    const { acknowledged, codes } = await underLimit('store', file);
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) expect(code).toMatch(/^CSM-STORE-(?:NO-SPACE|DISK)$/);
    const store = await openSqliteStore({ file });
    const kept: number[] = [];
    for await (const { body } of store.records('run')) kept.push((body as { index: number }).index);
    await store.close();
    expect(kept).toEqual(acknowledged);
  });

  it('a blob that does not fit is refused, and others are kept', async () => {
    const { acknowledged, codes } = await underLimit('blobs', folder);
    expect(codes).toEqual(['CSM-BLOB-NO-SPACE', 'CSM-BLOB-NO-SPACE']);
    expect(acknowledged).toEqual([1_000, 2_000, 3_000]);
    const { blobs, close } = await openBlobFolder({ folder, dataKey: new Uint8Array(32).fill(7) });
    for (const length of acknowledged) expect(await blobs.size(sha256(Buffer.alloc(length, 'x')))).toBe(length);
    await close();
  });
});
