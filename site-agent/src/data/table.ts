import { basename } from 'node:path';
import { PassThrough, pipeline, Transform } from 'node:stream';
import { type CodedError, coded, fail } from '@consilium/shared/errors';
import { didYouMean } from '@consilium/shared/yaml';
import { CsvError, type Parser, parse } from 'csv-parse';
import { asFileFault, openBytes } from './readers/index.js';

/** What a table may hold: more is no cohort, but a file that unpacks to fill the memory. */
export interface TableLimits {
  /** Longest row and longest header, in characters: a million columns fit. */
  readonly rowCharacters: number;
  readonly columns: number;
  readonly rows: number;
}

const limitsOfTables: TableLimits = { rowCharacters: 64 * 2 ** 20, columns: 2 ** 20, rows: 2 ** 22 };
const delimiters = [',', '\t', ';'] as const;

/** A table that is being read: its columns, then its rows one by one. */
export interface Table {
  readonly file: string;
  readonly columns: readonly string[];
  /** Fields of each row as text, with the line (from 1) that it ends on; a ragged row has another number of fields than `columns`. */
  readonly rows: AsyncIterable<{ readonly fields: readonly string[]; readonly line: number }>;
}

/**
 * Opens a CSV or TSV file, gzipped when its name ends in `.gz`. The delimiter is what the header uses: comma, tab or semicolon.
 * The file is opened anew once the rows are read, so that a table whose rows are never asked for holds nothing open.
 * @throws CSM-DATA-FILE, CSM-DATA-UNREADABLE, CSM-DATA-GZIP, CSM-DATA-MALFORMED, CSM-DATA-LARGE, CSM-DATA-EMPTY,
 * CSM-DATA-COLUMN-TWICE, also while rows are read, and the reason of the signal
 */
export async function openTable(path: string, signal?: AbortSignal, limits = limitsOfTables): Promise<Table> {
  const file = basename(path);
  const source = { path, signal, limits };
  const delimiter = await sniffDelimiter(source);
  const header = await first(recordsOf(source, delimiter));
  if (!header) return fail('CSM-DATA-EMPTY', { file });
  const columns = header.record.map((name) => name.trim());
  const twice = sameNames(columns);
  if (twice !== null) return fail('CSM-DATA-COLUMN-TWICE', { file, ...twice });
  async function* rows(): AsyncGenerator<{ fields: readonly string[]; line: number }> {
    // The first record is the header.
    let count = -1;
    for await (const { record, info } of recordsOf(source, delimiter)) {
      if (++count > limits.rows) fail('CSM-DATA-LARGE', { file, limit: `${limits.rows} rows` });
      if (count > 0) yield { fields: record, line: info.lines };
    }
  }
  return { file, columns, rows: rows() };
}

/** Index of a column. @throws CSM-DATA-COLUMN, naming the columns that are spelt nearly so */
export function columnIndex(table: Pick<Table, 'file' | 'columns'>, column: string): number {
  const index = table.columns.indexOf(column);
  return index >= 0
    ? index
    : fail('CSM-DATA-COLUMN', { file: table.file, column, near: didYouMean(column, table.columns) });
}

/** Numbers, from 1, of the first two columns with the same name; never the name, which in a table without a header is a patient's value. */
export function sameNames(names: readonly string[]): { readonly first: number; readonly second: number } | null {
  const seen = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const before = seen.get(name);
    if (before !== undefined) return { first: before + 1, second: index + 1 };
    if (name !== '') seen.set(name, index);
  }
  return null;
}

interface Source {
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly limits: TableLimits;
}

type Delimiter = (typeof delimiters)[number];

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** The header and the rows. The file is open from the first that is asked for until the last one, or until it is left. */
async function* recordsOf({ path, signal, limits }: Source, delimiter: Delimiter): AsyncGenerator<CsvRecord> {
  const { rowCharacters, columns } = limits;
  const file = basename(path);
  const tooWide = (): CodedError => coded('CSM-DATA-LARGE', { file, limit: `${columns} columns` });
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: rowCharacters,
  });
  const narrow = new Transform({
    transform(chunk: Uint8Array, _, done) {
      if (gatheredFields(parser) > columns) done(tooWide());
      else done(null, chunk);
    },
  });
  // An error anywhere in the chain destroys the parser with it, so reading the records reports it.
  pipeline(openBytes(path, signal), narrow, parser, () => undefined);
  const records: AsyncIterable<CsvRecord> = parser;
  try {
    for await (const found of records) {
      signal?.throwIfAborted();
      if (found.record.length > columns) throw tooWide();
      yield found;
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof CsvError && thrown.code === 'CSV_MAX_RECORD_SIZE') {
      fail('CSM-DATA-LARGE', { file, limit: `${rowCharacters} characters in a row` });
    }
    throw asDataFault(thrown, file);
  }
}

/**
 * Fields of the row that the parser is in. Its own limit counts the characters of fields alone, so that a row of delimiters without
 * an end would fill the memory.
 */
function gatheredFields(parser: Parser): number {
  const state: unknown = Reflect.get(parser, 'state');
  const record: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, 'record') : null;
  return Array.isArray(record) ? record.length : 0;
}

async function first<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  for await (const item of items) return item;
  return undefined;
}

/** The most frequent delimiter of the header line, outside quotes. */
async function sniffDelimiter({ path, signal, limits }: Source): Promise<Delimiter> {
  const bytes = pipeline(openBytes(path, signal), new PassThrough(), () => undefined);
  bytes.setEncoding('utf8');
  let header = '';
  try {
    for await (const chunk of bytes) {
      const text: string = header === '' ? String(chunk).replace(/^[\r\n]+/, '') : String(chunk);
      const end = text.search(/[\r\n]/);
      header += end < 0 ? text : text.slice(0, end);
      if (end >= 0 || header.length > limits.rowCharacters) break;
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    throw asDataFault(thrown, basename(path));
  }
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const counted = delimiters.map((delimiter) => ({ delimiter, count: countOf(bare, delimiter) }));
  const { delimiter, count } = counted.reduce((best, each) => (each.count > best.count ? each : best));
  if (count >= limits.columns) fail('CSM-DATA-LARGE', { file: basename(path), limit: `${limits.columns} columns` });
  return delimiter;
}

/** Counted without making a text of each column, before it is known that there are not too many. */
function countOf(text: string, delimiter: string): number {
  let count = 0;
  for (let at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter, at + 1)) count++;
  return count;
}

/** What went wrong with a file, without a word of its content. */
function asDataFault(thrown: unknown, file: string): unknown {
  if (thrown instanceof CsvError) {
    const { lines } = thrown;
    return coded('CSM-DATA-MALFORMED', { file, line: typeof lines === 'number' ? lines : 1 });
  }
  return asFileFault(thrown, file);
}
