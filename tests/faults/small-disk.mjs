// Writes until the system refuses, under a limit on the size of files, and prints what was acknowledged and which codes came.

import { openBlobFolder, openSqliteStore } from '@consilium/coordinator/store';
import { identityOf } from '@consilium/shared/crypto';
import { sealRecord } from '@consilium/shared/journal';
import { openLedger } from '@consilium/site-agent/governance';

const [what, path, key] = process.argv.slice(2);
const acknowledged = [];
const codes = [];

/** Long and short by turns: after a long one was refused, a short one may still fit. */
const lengths = [40_000, 100, 120_000, 100, 150_000, 200, 90_000, 300];

async function ledger() {
  const identity = identityOf(Buffer.from(key, 'hex'));
  const own = await openLedger(path, identity, () => new Date(0));
  for (const [index, length] of lengths.entries()) {
    await attempt(index, () => own.append('status', { index, text: 'x'.repeat(length) }, true));
  }
  await own.close();
}

async function store() {
  const own = await openSqliteStore({ file: path });
  let head = null;
  for (const [index, length] of lengths.entries()) {
    const draft = {
      chain: 'run',
      time: new Date(0).toISOString(),
      type: 'noted',
      body: { index, text: 'x'.repeat(length) },
    };
    const record = sealRecord(head, draft, () => 'A'.repeat(86));
    await attempt(index, async () => {
      await own.append('run', head?.hash ?? null, [record], async () => {});
      head = record;
    });
  }
  await own.close().catch(() => {});
}

async function blobs() {
  const place = await openBlobFolder({ folder: path, dataKey: new Uint8Array(32).fill(7) });
  for (const length of [1_000, 900_000, 2_000, 700_000, 3_000]) {
    await attempt(length, () => place.blobs.write(Buffer.alloc(length, 'x')));
  }
  await place.close();
}

async function attempt(name, work) {
  try {
    await work();
    acknowledged.push(name);
  } catch (error) {
    codes.push(error.code ?? String(error));
  }
}

await { ledger, store, blobs }[what]();
process.stdout.write(JSON.stringify({ acknowledged, codes }));
