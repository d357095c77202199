import { canonicalBytes } from '@consilium/shared/canonical';
import type { BlobHash, Signature } from '@consilium/shared/ids';
import type { JournalHead, JournalRecord } from '@consilium/shared/journal';
import type { Queries, Tx } from '../store.js';

/** A journal record; its body is canonical JSON. Rows are only ever added. */
export interface RecordRow {
  readonly chain: string;
  readonly sequence: number;
  readonly time: string;
  readonly type: string;
  readonly body: string;
  readonly previous: BlobHash | null;
  readonly hash: BlobHash;
  readonly signature: Signature;
}

/** Rows that one statement takes: SQLite allows 32,766 parameters. */
const rowsPerInsert = 1000;

export async function insertRecords(tx: Tx, records: readonly JournalRecord[]): Promise<void> {
  for (let at = 0; at < records.length; at += rowsPerInsert) {
    const rows = records.slice(at, at + rowsPerInsert).map(toRow);
    await tx.insertInto('records').values(rows).execute();
  }
}

export async function headOf(db: Queries, chain: string): Promise<JournalHead | null> {
  const head = await db
    .selectFrom('records')
    .select(['sequence', 'hash'])
    .where('chain', '=', chain)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return head ?? null;
}

export async function pageOf(db: Queries, chain: string, from: number, limit: number): Promise<JournalRecord[]> {
  const rows = await db
    .selectFrom('records')
    .selectAll()
    .where('chain', '=', chain)
    .where('sequence', '>=', from)
    .orderBy('sequence')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, body: JSON.parse(row.body) }));
}

export async function listChains(db: Queries): Promise<readonly string[]> {
  const rows = await db.selectFrom('records').select('chain').where('sequence', '=', 0).orderBy('chain').execute();
  return rows.map((row) => row.chain);
}

const toRow = (record: JournalRecord): RecordRow => ({
  chain: record.chain,
  sequence: record.sequence,
  time: record.time,
  type: record.type,
  body: Buffer.from(canonicalBytes(record.body)).toString('utf8'),
  previous: record.previous,
  hash: record.hash,
  signature: record.signature,
});
