import { join } from 'node:path';
import { type Contract, featureList, type RunFile, transformedColumns } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { checkMissing } from '@consilium/shared/statistics';
import { didYouMean } from '@consilium/shared/yaml';
import { type Dataset, type Part, type PartName, partNames, type QuarantinedRow } from './dataset.js';
import { isBad, type Row, type Rows, readRows } from './rows.js';
import { type RowColumns, readSamples } from './samples.js';
import { readSplit, type SplitSample, splitPatients } from './split.js';

/** Where a site's cohort lies, and the contract that says what is wanted of it. */
export interface DataSource {
  readonly directory: string;
  /** The site's own file names; those of the run file when left out. */
  readonly files?: RunFile['data']['files'];
  /** Serves one folder for several sites: only rows with this value in this column of the sample or feature table. */
  readonly rows?: { readonly column: string; readonly equals: string };
  readonly contract: Contract;
  readonly signal?: AbortSignal;
}

/**
 * Reads a cohort from feature tables (samples × columns; CSV or TSV, gzipped or not), an optional sample table joined by id,
 * and an optional split file. Faulty rows are set aside and counted; only faults of the whole stop it.
 * Memory: twice rows × features float32.
 * @throws CSM-DATA-*, CSM-COHORT-SMALL
 */
export async function loadExpressionTable(source: DataSource): Promise<Dataset> {
  const { model, data, validation, seed } = source.contract.runFile;
  const files = source.files ?? data.files;
  const path = (file: string): string => join(source.directory, file);
  const columns: RowColumns = { id: data.id, patient: data.patient, label: data.label, only: source.rows };
  const listed = featureList(source.contract);
  const samples = files.samples === undefined ? null : await readSamples(path(files.samples), columns, source.signal);
  const featureFiles = typeof files.features === 'string' ? [files.features] : files.features;
  const read = await readRows(featureFiles.map(path), {
    columns,
    samples,
    listed,
    classes: model.classes,
    transforms: data.transforms,
    signal: source.signal,
  });
  refuseNothing(read, files, columns);
  const features = chooseFeatures(read, listed, source.contract, featureFiles[0] ?? '');
  const quarantine: QuarantinedRow[] = [...read.quarantine];
  const numeric = setAsideBadNumbers(read, features, quarantine);

  const split = files.split === undefined ? null : await readSplit(path(files.split), columns, source.signal);
  const kept: Row[] = [];
  const toSplit: SplitSample[] = [];
  for (const row of numeric) {
    const named = split === null ? null : split.parts.get(split.by === 'id' ? row.id : row.patient);
    if (named === undefined) {
      quarantine.push({ file: row.file, line: row.line, reason: 'no part in the split file' });
      continue;
    }
    kept.push(row);
    toSplit.push({ patient: row.patient, label: row.label, named });
  }
  if (kept.length === 0) fail('CSM-DATA-NO-ROWS', { file: featureFiles[0] ?? '', why: 'every row is faulty' });
  const { parts, straddling } = splitPatients(toSplit, { validation: validation.share, test: data.testShare, seed });
  if (straddling > 0) fail('CSM-DATA-SPLIT-STRADDLE', { file: files.split ?? '', patients: straddling });

  const dataset: Dataset = {
    features: features.map(({ name }) => name),
    classes: model.classes,
    parts: assemble(kept, parts, features),
    counts: {
      read: read.read,
      kept: kept.length,
      otherLabel: read.otherLabel,
      quarantined: quarantine.length,
      missingFeatures: features.filter(({ at }) => at < 0).length,
    },
    quarantine,
  };
  refuseSmall(dataset, validation.minimumCohort, data.label);
  return dataset;
}

/** A column of the dataset: its name, and where the candidates hold it (−1: this site has not). */
interface Feature {
  readonly name: string;
  readonly at: number;
}

function chooseFeatures(
  read: Rows,
  listed: readonly string[] | null,
  contract: Contract,
  file: string,
): readonly Feature[] {
  const { data } = contract.runFile;
  const numeric = read.columns.map((_, column) => isNumeric(read.rows, column));
  if (listed !== null) {
    const at = new Map(read.columns.map((name, column) => [name, column]));
    const text = read.columns.find((_, column) => !numeric[column]);
    if (text !== undefined) fail('CSM-DATA-NOT-NUMERIC', { file, column: text });
    const features = listed.map((name) => ({ name, at: at.get(name) ?? -1 }));
    checkMissing(listed.length - at.size, listed.length, data.missingFeatures);
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

function assemble(
  rows: readonly Row[],
  parts: ReadonlyMap<string, PartName>,
  features: readonly Feature[],
): Readonly<Record<PartName, Part>> {
  const numbers = new Map<string, number>();
  for (const { patient } of rows) if (!numbers.has(patient)) numbers.set(patient, numbers.size);
  const assemblePart = (name: PartName): Part => {
    const own = rows.filter(({ patient }) => parts.get(patient) === name);
    const width = features.length;
    const table = new Float32Array(own.length * width);
    own.forEach(({ values }, row) => {
      features.forEach(({ at }, feature) => {
        table[row * width + feature] = at < 0 ? Number.NaN : values[at]!;
      });
    });
    return {
      rows: own.length,
      input: { kind: 'rows', rows: own.length, width, values: table },
      y: Int32Array.from(own, ({ label }) => label),
      patients: Int32Array.from(own, ({ patient }) => numbers.get(patient)!),
      groups: null,
      sides: {},
    };
  };
  const [train, validation, test] = partNames.map(assemblePart);
  return { train: train!, validation: validation!, test: test! };
}

function refuseNothing(read: Rows, files: RunFile['data']['files'], columns: RowColumns): void {
  const file = typeof files.features === 'string' ? files.features : (files.features[0] ?? '');
  if (read.read === 0) {
    if (columns.only === undefined) fail('CSM-DATA-EMPTY', { file });
    fail('CSM-DATA-NO-ROWS', { file, why: `none has this site's value in column ${columns.only.column}` });
  }
  if (read.rows.length > 0) return;
  if (read.otherLabel === 0) fail('CSM-DATA-NO-ROWS', { file, why: 'every row is faulty' });
  fail('CSM-DATA-NO-ROWS', { file, why: `no label in column ${columns.label} is a class of the run` });
}

function refuseSmall({ parts }: Dataset, minimum: number, label: string): void {
  if (new Set(parts.train.patients).size < minimum) fail('CSM-COHORT-SMALL', { minimum });
  if (new Set(parts.train.y).size < 2) fail('CSM-DATA-ONE-CLASS', { column: label });
}
