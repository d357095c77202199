import { createReadStream } from 'node:fs';
import { type FileHandle, open, truncate } from 'node:fs/promises';
import { type Identity, sign, verify } from '@consilium/shared/crypto';
import {
  type JournalHead,
  type JournalRecord,
  journalLine,
  readJournal,
  sealRecord,
  verifyChain,
} from '@consilium/shared/journal';
import { withDisk } from '../config/index.js';

/** What left this site, in the order in which it left. */
export interface Ledger {
  /** Adds a line. `durable`: it is on the disk when this resolves. @throws CSM-AGENT-DISK */
  append(type: string, body: object, durable: boolean): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a site's ledger and checks it from the first line; a last line that a crash tore off is cut away.
 * @throws CSM-JOURNAL-* at the first line that was altered, CSM-AGENT-DISK
 */
export async function openLedger(path: string, identity: Identity, now: () => Date): Promise<Ledger> {
  const file = await withDisk(path, () => open(path, 'a', 0o600));
  try {
    const { head, bytes } = await check(path, identity);
    await withDisk(path, () => truncate(path, bytes));
    return ledgerOn(file, path, { head, bytes }, identity, now);
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

async function check(path: string, identity: Identity): Promise<{ head: JournalHead | null; bytes: number }> {
  let bytes = 0;
  async function* measured(): AsyncGenerator<JournalRecord> {
    for await (const record of readJournal(whole(path))) {
      bytes += journalLine(record).length;
      yield record;
    }
  }
  const { head } = await verifyChain(measured(), {
    verify: (domain, signed, signature) => verify(identity.publicKey, domain, signed, signature),
  });
  return { head, bytes };
}

/** The file's bytes up to its last newline. */
async function* whole(path: string): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of createReadStream(path)) {
    const bytes = Buffer.concat([held, piece]);
    const end = bytes.lastIndexOf(0x0a) + 1;
    held = bytes.subarray(end);
    if (end > 0) yield bytes.subarray(0, end);
  }
}

function ledgerOn(
  file: FileHandle,
  path: string,
  start: { readonly head: JournalHead | null; readonly bytes: number },
  identity: Identity,
  now: () => Date,
): Ledger {
  let { head, bytes } = start;
  let torn = false;
  let turn: Promise<void> = Promise.resolve();
  const write = async (type: string, body: object, durable: boolean): Promise<void> => {
    const draft = { chain: 'ledger', time: now().toISOString(), type, body };
    const record = sealRecord(head, draft, (domain, signed) => sign(identity, domain, signed));
    const line = journalLine(record);
    await withDisk(path, async () => {
      // A line that a full disk cut short must not stand before the next one.
      if (torn) await file.truncate(bytes);
      torn = true;
      await file.appendFile(line);
      if (durable) await file.sync();
      torn = false;
    });
    bytes += line.length;
    head = record;
  };
  return {
    append(type, body, durable) {
      const done = turn.then(() => write(type, body, durable));
      turn = done.catch(() => {});
      return done;
    },
    async close() {
      await turn;
      await file.close();
    },
  };
}
