import { loadCells } from './cells/index.js';
import type { Dataset } from './dataset.js';
import { loadExpressionTable } from './expression-table.js';
import { loadFeatureBags } from './feature-bags/index.js';
import { loadImages } from './images/index.js';
import type { DataSource } from './source.js';

export { readColumn } from './column.js';
export * from './dataset.js';
export type { StatedValue } from './samples.js';
export type { DataSource } from './source.js';
export { samplesOfStage, stageSamples, trainedSamples } from './stage-samples.js';
export { openTable, type Table } from './table.js';
export { tablesOf } from './tables.js';
export { readNumber } from './values.js';

/**
 * Reads a site's cohort by the kind of data that the contract names: one adapter a kind; a new kind is a new file and a case here.
 * @throws CSM-DATA-*, CSM-COHORT-SMALL
 */
export async function loadDataset(source: DataSource): Promise<Dataset> {
  const { data } = source.contract.runFile;
  switch (data.kind) {
    case 'expression-table':
      return loadExpressionTable(source, data);
    case 'cells':
      return loadCells(source, data);
    case 'feature-bags':
      return loadFeatureBags(source, data);
    case 'images':
      return loadImages(source, data);
    default:
      return data satisfies never;
  }
}
