import { canonicalBytes } from '../canonical.js';
import { fail } from '../errors/index.js';
import { type JournalRecord, journalRecord } from './record.js';

/** Longest journal line. Large things lie in blobs; a record names them. */
export const maxLineBytes = 16 * 2 ** 20;

const newline = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A record as a line of a journal file: its canonical JSON and a newline. */
export function journalLine(record: JournalRecord): Uint8Array {
  const json = canonicalBytes(record);
  const line = new Uint8Array(json.length + 1);
  line.set(json);
  line[json.length] = newline;
  return line;
}

/**
 * Reads one line (without its newline). Only the canonical form is a record, so no byte can change without
 * this, the hash or the signature failing.
 * @throws CSM-JOURNAL-LINE naming `line`, counted from 1
 */
export function parseJournalLine(bytes: Uint8Array, line: number): JournalRecord {
  const parsed = bytes.length <= maxLineBytes ? attempt(bytes) : undefined;
  return parsed ?? fail('CSM-JOURNAL-LINE', { line });
}

/** Writes a journal as JSON lines. */
export async function* writeJournal(
  records: AsyncIterable<JournalRecord> | Iterable<JournalRecord>,
): AsyncGenerator<Uint8Array> {
  for await (const record of records) yield journalLine(record);
}

/**
 * Reads JSON lines, cut anywhere into chunks. A last line without its newline was torn off and is no record.
 * @throws CSM-JOURNAL-LINE
 */
export async function* readJournal(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<JournalRecord> {
  let line = 1;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const tail = chunk.subarray(start, end);
      yield parseJournalLine(pending.length === 0 ? tail : Buffer.concat([...pending, tail]), line);
      line += 1;
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    pending.push(chunk.slice(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > maxLineBytes) fail('CSM-JOURNAL-LINE', { line });
  }
  if (pendingBytes > 0) fail('CSM-JOURNAL-LINE', { line });
}

function attempt(bytes: Uint8Array): JournalRecord | undefined {
  try {
    const parsed = journalRecord.safeParse(JSON.parse(utf8.decode(bytes)));
    if (!parsed.success) return undefined;
    return Buffer.compare(canonicalBytes(parsed.data), bytes) === 0 ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
