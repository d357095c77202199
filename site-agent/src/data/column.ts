import { extname } from 'node:path';
import { openH5ad } from './readers/index.js';
import { openTable } from './table.js';

/** A column of a site's file. */
export interface Column {
  /** Names of all columns of the file. */
  readonly columns: readonly string[];
  /** Field by field, null where the file has no such column. */
  readonly values: readonly string[] | null;
}

/** Reads one column of a table, or of the cells of an AnnData file. @throws the faults of tables, CSM-DATA-H5AD, CSM-DATA-H5-CODEC */
export async function readColumn(path: string, column: string, signal?: AbortSignal): Promise<Column> {
  if (extname(path).toLowerCase() === '.h5ad') {
    const file = await openH5ad(path, signal);
    try {
      const { columns } = file;
      return { columns, values: columns.includes(column) ? await file.column(column) : null };
    } finally {
      await file.close();
    }
  }
  const { columns, rows } = await openTable(path, signal);
  const at = columns.indexOf(column);
  const values: string[] = [];
  for await (const { fields } of rows) {
    if (at < 0) break;
    values.push(fields[at]?.trim() ?? '');
  }
  return { columns, values: at < 0 ? null : values };
}
