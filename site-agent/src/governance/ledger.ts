import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type Identity, type KeyChange, sign, verify } from '@consilium/shared/crypto';
import type { PublicKey } from '@consilium/shared/ids';
import {
  firstKeeper,
  followKeeper,
  type JournalRecord,
  journalDomain,
  journalLine,
  readJournal,
  sealRecord,
  verifyChain,
} from '@consilium/shared/journal';
import { type Disk, realDisk, withDisk } from '../config/index.js';

/** What left this site, in the order in which it left. */
export interface Ledger {
  /** Adds a line. `durable`: it is on the disk when this resolves. @throws CSM-AGENT-DISK */
  append(type: string, body: object, durable: boolean): Promise<void>;
  /**
   * Another key signs from here on. The line that tells of it is the next one, by that key; while the disk does not take it, no other
   * line is written.
   * @throws CSM-AGENT-DISK
   */
  rekey(next: Identity, change: KeyChange): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a site's ledger and checks it from the first line; a last line that a crash tore off is cut away.
 * @param cameBy the change that brought the site its key, where the ledger may not tell of it yet
 * @throws CSM-JOURNAL-* at the first line that was altered, CSM-AGENT-DISK
 */
export async function openLedger(
  path: string,
  identity: Identity,
  now: () => Date,
  disk: Disk = realDisk,
  cameBy: KeyChange | null = null,
): Promise<Ledger> {
  const file = await withDisk(path, () => disk.open(path, 'a', 0o600));
  try {
    const { head, bytes } = await check(path, [identity.publicKey, ...(cameBy === null ? [] : [cameBy.body.from])]);
    await withDisk(path, () => file.truncate(bytes));
    const owed = cameBy === null ? null : { next: identity, change: cameBy };
    return ledgerOn(file, path, { head, bytes, owed }, identity, now);
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

async function check(path: string, keys: readonly PublicKey[]): Promise<{ head: JournalRecord | null; bytes: number }> {
  let bytes = 0;
  let head: JournalRecord | null = null;
  async function* measured(): AsyncGenerator<JournalRecord> {
    for await (const record of readJournal(whole(path))) {
      bytes += journalLine(record).length;
      head = record;
      yield record;
    }
  }
  const first: PublicKey[] = [];
  for (const key of keys) first.push(await firstKeeper(() => readJournal(whole(path)), key));
  await verifyChain(measured(), { verify: followKeeper(first) });
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

/** A change of keys that the ledger has yet to tell of. */
interface OwedChange {
  readonly next: Identity;
  readonly change: KeyChange;
}

function ledgerOn(
  file: FileHandle,
  path: string,
  start: { readonly head: JournalRecord | null; readonly bytes: number; readonly owed: OwedChange | null },
  first: Identity,
  now: () => Date,
): Ledger {
  let { head, bytes, owed } = start;
  let identity = first;
  let torn = false;
  let turn: Promise<void> = Promise.resolve();
  const add = async (author: Identity, type: string, body: object, durable: boolean): Promise<void> => {
    const draft = { chain: 'ledger', time: now().toISOString(), type, body };
    const record = sealRecord(head, draft, (domain, signed) => sign(author, domain, signed));
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
  /** The former key's line must not be followed by one of the next key before the ledger tells of the change. */
  async function pay(): Promise<void> {
    if (owed === null) return;
    const { next, change } = owed;
    const isTold =
      head === null || verify(next.publicKey, journalDomain, Buffer.from(head.hash, 'hex'), head.signature);
    if (!isTold) await add(next, 'key-changed', { change }, true);
    identity = next;
    owed = null;
  }
  return {
    append(type, body, durable) {
      const done = turn.then(async () => {
        await pay();
        await add(identity, type, body, durable);
      });
      turn = done.catch(() => {});
      return done;
    },
    rekey(next, change) {
      const done = turn.then(async () => {
        owed = { next, change };
        await pay();
      });
      turn = done.catch(() => {});
      return done;
    },
    async close() {
      await turn;
      await file.close();
    },
  };
}
