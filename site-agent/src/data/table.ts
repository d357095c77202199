import { basename } from 'node:path';
import { PassThrough, pipeline } from 'node:stream';
import { coded, fail } from '@consilium/shared/errors';
import { didYouMean } from '@consilium/shared/yaml';
import { CsvError, parse } from 'csv-parse';
import { asFileFault, openBytes } from './readers/index.js';

/** Longest row and longest header, in characters: a million columns fit. */
const maxRowCharacters = 64 * 2 ** 20;
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
 * The rows must be read or `rows` be left by `break`, or the file stays open.
 * @throws CSM-DATA-FILE, CSM-DATA-UNREADABLE, CSM-DATA-GZIP, CSM-DATA-MALFORMED, CSM-DATA-EMPTY, CSM-DATA-COLUMN-TWICE, also while rows are read
 */
export async function openTable(path: string, signal?: AbortSignal): Promise<Table> {
  const file = basename(path);
  const delimiter = await sniffDelimiter(path);
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: maxRowCharacters,
  });
  // An error anywhere in the chain destroys the parser with it, so reading the rows reports it.
  pipeline(openBytes(path), parser, () => undefined);
  const records = parser[Symbol.asyncIterator]() as AsyncIterableIterator<CsvRecord>;
  const header = await next(records, file);
  if (!header) return fail('CSM-DATA-EMPTY', { file });
  const columns = header.record.map((name) => name.trim());
  const twice = firstRepeated(columns);
  if (twice !== undefined) {
    parser.destroy();
    return fail('CSM-DATA-COLUMN-TWICE', { file, column: twice });
  }
  async function* rows(): AsyncGenerator<{ fields: readonly string[]; line: number }> {
    try {
      for (let row = await next(records, file); row; row = await next(records, file)) {
        signal?.throwIfAborted();
        yield { fields: row.record, line: row.info.lines };
      }
    } finally {
      parser.destroy();
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

function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => name !== '' && seen.size === seen.add(name).size);
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

async function next(records: AsyncIterator<CsvRecord>, file: string): Promise<CsvRecord | undefined> {
  try {
    const step = await records.next();
    return step.done ? undefined : step.value;
  } catch (thrown) {
    throw asDataFault(thrown, file);
  }
}

/** The most frequent delimiter of the header line, outside quotes. */
async function sniffDelimiter(path: string): Promise<(typeof delimiters)[number]> {
  const bytes = pipeline(openBytes(path), new PassThrough(), () => undefined);
  bytes.setEncoding('utf8');
  let header = '';
  try {
    for await (const chunk of bytes) {
      header = (header + chunk).replace(/^[\r\n]+/, '');
      const end = header.search(/[\r\n]/);
      if (end > 0 || header.length > maxRowCharacters) {
        header = header.slice(0, Math.max(0, end));
        break;
      }
    }
  } catch (thrown) {
    throw asDataFault(thrown, basename(path));
  }
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const counted = delimiters.map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counted.reduce((best, each) => (each.count > best.count ? each : best)).delimiter;
}

/** What went wrong with a file, without a word of its content. */
function asDataFault(thrown: unknown, file: string): unknown {
  if (thrown instanceof CsvError) {
    const { lines } = thrown;
    return coded('CSM-DATA-MALFORMED', { file, line: typeof lines === 'number' ? lines : 1 });
  }
  return asFileFault(thrown, file);
}
