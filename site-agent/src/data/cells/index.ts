import { join } from 'node:path';
import {
  asRows,
  type DenseRows,
  inFull,
  join as joinSamples,
  labelled,
  pickInput,
  type SparseRows,
} from '@consilium/models/samples';
import type { RunFile } from '@consilium/shared/contract';
import { assembleDataset, type FoundSample } from '../assemble.js';
import { refuseCopies, type TellingRow, tellingEntries, tellingValues } from '../checks/index.js';
import { type Dataset, partNames } from '../dataset.js';
import { refuseMostlyFaulty } from '../mostly-faulty.js';
import { type CalledRow, emptyRoll, refuseNobody, rollCall } from '../roll-call.js';
import { rowTerms } from '../row-terms.js';
import { readSamples } from '../samples.js';
import type { DataSource } from '../source.js';
import { featureFiles } from '../tables.js';
import { declaredChange } from '../transforms/index.js';
import { cellFiles } from './cell-file.js';
import { type GenePanel, panelOf, refuseOtherGenes } from './panel.js';
import { changedRows, firstInfinite, takeColumns } from './rows.js';

type CellTerms = Extract<RunFile['data'], { readonly kind: 'cells' }>;

/** A cell, and which row of all files together it is. */
interface FoundCell extends FoundSample {
  readonly row: number;
}

/**
 * Reads a cohort of single cells: AnnData or Matrix Market, labels and patients from the sample table or the cells' own columns.
 * A sparse matrix stays so through transforms that leave 0 as it is. Memory: some three times the numbers stored.
 * @throws CSM-DATA-*, CSM-COHORT-SMALL
 */
export async function loadCells(source: DataSource, data: CellTerms): Promise<Dataset> {
  const files = source.files ?? data.files;
  const { contract, directory, signal } = source;
  const terms = rowTerms(source);
  const { columns } = terms;
  const samples =
    files.samples === undefined ? null : await readSamples(join(directory, files.samples), columns, signal);
  const asked = { ...terms, samples };
  const roll = emptyRoll();
  const found: FoundCell[] = [];
  const inputs: (DenseRows | SparseRows)[] = [];
  let panel: GenePanel | null = null;
  let rows = 0;
  for await (const { table, genes, values } of cellFiles({ directory, files, columns, layer: data.layer, signal })) {
    if (panel === null) panel = panelOf(contract, genes, table.file);
    else refuseOtherGenes(panel, genes, table.file);
    const called: CalledRow[] = [];
    for await (const row of rollCall(table, asked, roll)) called.push(row);
    const own = asRows(
      pickInput(
        values,
        Int32Array.from(called, ({ place }) => place),
      ),
    );
    const at = new Map(genes.map((gene, column) => [gene, column]));
    const { features } = panel;
    const input = takeColumns(
      changedRows(own, declaredChange(contract, genes, source.common)),
      features.map((gene) => at.get(gene) ?? -1),
    );
    for (const [row, { sample }] of called.entries()) {
      const column = features[firstInfinite(input, row)];
      if (column === undefined) found.push({ ...sample, row: rows + row });
      else roll.quarantine.push({ file: sample.file, line: sample.line, reason: 'not finite', column });
    }
    inputs.push(input);
    rows += input.rows;
  }
  const [file = ''] = featureFiles(files);
  refuseNobody(found.length, roll, { file, columns });
  refuseMostlyFaulty(file, roll.quarantine, roll.read);
  const all = together(inputs);
  const dataset = await assembleDataset({
    source,
    file,
    samples: found,
    features: panel?.features ?? [],
    counts: { read: roll.read, otherLabel: roll.otherLabel, missingFeatures: panel?.missing ?? 0 },
    quarantine: roll.quarantine,
    build: (own) => ({
      input: pickInput(
        all,
        Int32Array.from(own, ({ row }) => row),
      ),
      sides: {},
    }),
  });
  refuseCopies(featureFiles(files).join(', '), cellsToCheck(dataset, found));
  return dataset;
}

/** The cohort's cells as they lie in its parts, each with its place and what tells it from others. */
function* cellsToCheck({ parts, ids }: Dataset, found: readonly FoundCell[]): Generator<TellingRow> {
  const places = new Map(found.map((cell) => [cell.id, cell]));
  for (const part of partNames) {
    const input = asRows(parts[part].input);
    for (const [row, id] of ids[part].entries()) {
      const { file, line } = places.get(id)!;
      yield { file, line, part, telling: tellingOf(input, row) };
    }
  }
}

function tellingOf(input: DenseRows | SparseRows, row: number) {
  if (input.kind === 'rows') return tellingValues(input.values.subarray(row * input.width, (row + 1) * input.width));
  const [from, until] = [input.starts[row]!, input.starts[row + 1]!];
  return tellingEntries(input.columns.subarray(from, until), input.values.subarray(from, until));
}

/** The cells of all files as one matrix: sparse where all of them are. */
function together(inputs: readonly (DenseRows | SparseRows)[]): DenseRows | SparseRows {
  const alike = inputs.every(({ kind }) => kind === 'sparse') ? inputs : inputs.map(inFull);
  const [first, ...others] = alike.map((input) => labelled(input, new Int32Array(input.rows)));
  if (first === undefined) throw new RangeError('no file of cells was read');
  return asRows((others.length === 0 ? first : joinSamples([first, ...others])).input);
}
