import { basename, extname, join } from 'node:path';
import type { SiteFiles } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { type Csr, type Dense, openH5ad, readMatrixMarket, transposed } from '../readers/index.js';
import type { RowColumns } from '../samples.js';
import { openTable, sameNames, type Table } from '../table.js';
import { featureFiles } from '../tables.js';
import { readNames } from './names.js';

/** A file of cells, read: who each is, and what was measured of it. */
export interface CellFile {
  /** A row a cell, in the matrix's order. */
  readonly table: Table;
  readonly genes: readonly string[];
  /** Cells × genes; not judged. */
  readonly values: Csr | Dense;
}

interface Wanted {
  readonly directory: string;
  readonly files: SiteFiles;
  readonly columns: RowColumns;
  readonly layer: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads a site's files of cells one after the other.
 * @throws CSM-DATA-CELLS, CSM-DATA-H5AD, CSM-DATA-H5-CODEC, CSM-DATA-MATRIX-MARKET, CSM-DATA-COLUMN-TWICE and the faults of files
 */
export async function* cellFiles(wanted: Wanted): AsyncGenerator<CellFile> {
  const names = featureFiles(wanted.files);
  for (const name of names) {
    wanted.signal?.throwIfAborted();
    const isAnnData = extname(name).toLowerCase() === '.h5ad';
    if (!isAnnData && names.length > 1) {
      fail('CSM-DATA-CELLS', { file: name, problem: 'only files of AnnData may be several' });
    }
    const read = isAnnData ? await annData(name, wanted) : await matrixMarket(name, wanted);
    const twice = sameNames(read.genes);
    if (twice !== null) fail('CSM-DATA-COLUMN-TWICE', { file: name, ...twice });
    yield read;
  }
}

async function annData(name: string, { directory, columns, layer, signal }: Wanted): Promise<CellFile> {
  const file = await openH5ad(join(directory, name), signal);
  try {
    const { patient, label, group, subgroups, only } = columns;
    const wanted = [patient, label, group, ...subgroups, only?.column].filter((column) => column !== undefined);
    const known = [...new Set(wanted)].filter((column) => column !== columns.id && file.columns.includes(column));
    const ids = file.columns.includes(columns.id) ? await file.column(columns.id) : file.cells;
    const facts = [ids];
    for (const column of known) facts.push(await file.column(column));
    const rows = ids.map((_, row) => facts.map((values) => values[row] ?? ''));
    return { table: tableOf(name, [columns.id, ...known], rows), ...(await file.matrix(layer)) };
  } finally {
    await file.close();
  }
}

async function matrixMarket(name: string, { directory, files, columns, signal }: Wanted): Promise<CellFile> {
  const refuse = (problem: string): never => fail('CSM-DATA-CELLS', { file: name, problem });
  if (files.genes === undefined) return refuse('the file with the names of its genes is not named (files.genes)');
  const genes = await readNames(join(directory, files.genes), signal);
  const table = await cellTable(name, { directory, files, columns, signal });
  const matrix = await readMatrixMarket(join(directory, name), signal);
  const [cellCount, geneCount] = [table.rows.length, genes.length];
  const upright = matrix.rows === cellCount && matrix.width === geneCount;
  const lying = matrix.rows === geneCount && matrix.width === cellCount;
  if (!upright && !lying) refuse('its rows and columns are not as many as the names of cells and genes');
  if (upright && lying) refuse('it has as many cells as genes, so that nothing says which are its rows');
  return {
    table: tableOf(table.file, table.columns, table.rows),
    genes,
    values: upright ? matrix : transposed(matrix),
  };
}

interface ReadTable {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Who the cells are: the list of their names, or else the sample table, a row a cell. */
async function cellTable(
  name: string,
  { directory, files, columns, signal }: Omit<Wanted, 'layer'>,
): Promise<ReadTable> {
  if (files.cells !== undefined) {
    const names = await readNames(join(directory, files.cells), signal);
    return { file: files.cells, columns: [columns.id], rows: names.map((cell) => [cell]) };
  }
  if (files.samples === undefined) {
    const problem = 'nothing names its cells (files.cells, or files.samples with a row for each cell in their order)';
    return fail('CSM-DATA-CELLS', { file: name, problem });
  }
  const table = await openTable(join(directory, files.samples), signal);
  const rows: (readonly string[])[] = [];
  for await (const { fields } of table.rows) rows.push(fields);
  return { file: table.file, columns: table.columns, rows };
}

/** Rows in memory as a table; a row's line is its place, counted from 1. */
function tableOf(name: string, columns: readonly string[], rows: readonly (readonly string[])[]): Table {
  async function* each(): AsyncGenerator<{ readonly fields: readonly string[]; readonly line: number }> {
    for (const [row, fields] of rows.entries()) yield { fields, line: row + 1 };
  }
  return { file: basename(name), columns, rows: each() };
}
