import type { RunFile } from '@consilium/shared/contract';
import type { Dataset } from './dataset.js';
import { loadExpressionTable } from './expression-table.js';
import type { DataSource } from './source.js';

export * from './dataset.js';
export type { DataSource } from './source.js';
export { openTable, type Table } from './table.js';

/** One adapter a kind of data; a new kind is a new file and a line here. */
const adapters: Readonly<Record<RunFile['data']['kind'], (source: DataSource) => Promise<Dataset>>> = {
  'expression-table': loadExpressionTable,
};

/** Reads a site's cohort by the kind of data that the contract names. @throws CSM-DATA-*, CSM-COHORT-SMALL */
export const loadDataset = (source: DataSource): Promise<Dataset> =>
  adapters[source.contract.runFile.data.kind](source);
