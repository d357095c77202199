import { join } from 'node:path';
import { asRows, type DenseRows } from '@consilium/models/samples';
import { featureList, needsWholeRows, type RunFile, transformedColumns } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { checkMissing } from '@consilium/shared/statistics';
import { didYouMean } from '@consilium/shared/yaml';
import { assembleDataset } from './assemble.js';
import { type CheckedRow, refuseUntrusted } from './checks/index.js';
import { type Dataset, partNames, type QuarantinedRow } from './dataset.js';
import { refuseNobody } from './roll-call.js';
import { rowTerms } from './row-terms.js';
import { isBad, type Row, type Rows, readRows } from './rows.js';
import { readSamples } from './samples.js';
import type { DataSource } from './source.js';
import { featureFiles } from './tables.js';
import { declaredChange } from './transforms/index.js';

type TableTerms = Extract<RunFile['data'], { readonly kind: 'expression-table' }>;

/**
 * Reads a cohort from feature tables (samples × columns; CSV or TSV, gzipped or not), an optional sample table joined by id,
 * and an optional split file. Faulty rows are set aside and counted; only faults of the whole stop it.
 * Memory: twice rows × features float32.
 * @throws CSM-DATA-*, CSM-COHORT-SMALL
 */
export async function loadExpressionTable(source: DataSource, data: TableTerms): Promise<Dataset> {
  const files = source.files ?? data.files;
  const path = (file: string): string => join(source.directory, file);
  const terms = rowTerms(source);
  const { columns } = terms;
  const listed = featureList(source.contract);
  const samples = files.samples === undefined ? null : await readSamples(path(files.samples), columns, source.signal);
  const tables = featureFiles(files);
  const file = tables[0] ?? '';
  const read = await readRows(tables.map(path), {
    ...terms,
    samples,
    wanted: needsWholeRows(data.transforms) ? null : listed,
    changeOf: (columns) => declaredChange(source.contract, columns, source.common),
    signal: source.signal,
  });
  refuseNobody(read.rows.length, read, { file, columns });
  const features = chooseFeatures(read, listed, data, file);
  const quarantine: QuarantinedRow[] = [...read.quarantine];
  const numeric = setAsideBadNumbers(read, features, quarantine);

  const dataset = await assembleDataset({
    source,
    file,
    samples: numeric,
    features: features.map(({ name }) => name),
    counts: {
      read: read.read,
      otherLabel: read.otherLabel,
      missingFeatures: features.filter(({ at }) => at < 0).length,
    },
    quarantine,
    build: (own) => ({ input: tableOf(own, features), sides: {} }),
  });
  refuseUntrusted(tables.join(', '), {
    features: dataset.features,
    rows: rowsToCheck(dataset, numeric),
    headers: read.headers,
    listed,
  });
  return dataset;
}

/** The cohort's rows as they lie in its parts, each with its line. */
function rowsToCheck({ parts, ids }: Dataset, rows: readonly Row[]): readonly CheckedRow[] {
  const found = new Map(rows.map((row) => [row.id, row]));
  return partNames.flatMap((part) => {
    const { values, width } = asRows(parts[part].input);
    return ids[part].flatMap((id, row): readonly CheckedRow[] => {
      const own = found.get(id);
      // A copy that the run itself asks for.
      if (own === undefined) return [];
      const { file, line } = own;
      return [{ file, line, part, values: values.subarray(row * width, (row + 1) * width) }];
    });
  });
}

/** A column of the dataset: its name, and where the candidates hold it (−1: this site has not). */
interface Feature {
  readonly name: string;
  readonly at: number;
}

function chooseFeatures(
  read: Rows,
  listed: readonly string[] | null,
  data: TableTerms,
  file: string,
): readonly Feature[] {
  const numeric = read.columns.map((_, column) => isNumeric(read.rows, column));
  if (listed !== null) {
    const at = new Map(read.columns.map((name, column) => [name, column]));
    const features = listed.map((name) => ({ name, at: at.get(name) ?? -1 }));
    const text = features.find((feature) => feature.at >= 0 && !numeric[feature.at]);
    if (text !== undefined) fail('CSM-DATA-NOT-NUMERIC', { file, column: text.name });
    const missing = features.filter((feature) => feature.at < 0).length;
    checkMissing(missing, listed.length, data.missingFeatures);
    return features;
  }
  const features = read.columns.flatMap((name, column) => (numeric[column] ? [{ name, at: column }] : []));
  if (features.length === 0) fail('CSM-DATA-NO-FEATURES', { file });
  const names = features.map(({ name }) => name);
  const stray = transformedColumns(data.transforms).find((column) => !names.includes(column));
  if (stray !== undefined) fail('CSM-DATA-COLUMN', { file, column: stray, near: didYouMean(stray, names) });
  return features;
}

/** A column is numeric unless more of its fields are text than numbers: one "haemolysed" makes a bad row, not a text column. */
function isNumeric(rows: readonly Row[], column: number): boolean {
  let bad = 0;
  let known = 0;
  for (const row of rows) {
    if (isBad(row, column)) bad += 1;
    else if (!Number.isNaN(row.values[column])) known += 1;
  }
  return bad <= known;
}

function setAsideBadNumbers(read: Rows, features: readonly Feature[], quarantine: QuarantinedRow[]): readonly Row[] {
  return read.rows.filter((row) => {
    if (row.bad === null) return true;
    const bad = features.find(({ at }) => at >= 0 && isBad(row, at));
    if (bad) quarantine.push({ file: row.file, line: row.line, reason: 'not a number', column: bad.name });
    return bad === undefined;
  });
}

function tableOf(rows: readonly Row[], features: readonly Feature[]): DenseRows {
  const width = features.length;
  const table = new Float32Array(rows.length * width);
  rows.forEach(({ values }, row) => {
    features.forEach(({ at }, feature) => {
      table[row * width + feature] = at < 0 ? Number.NaN : values[at]!;
    });
  });
  return { kind: 'rows', rows: rows.length, width, values: table };
}
