import { startsOf } from '@consilium/models/samples';
import h5wasm from 'h5wasm/node';

/** Invented single cells, as several kinds of files may hold them. */
export interface InventedCells {
  readonly cells: readonly string[];
  readonly genes: readonly string[];
  /** [cells][genes] */
  readonly counts: readonly (readonly number[])[];
}

/** Every fourth place holds a count; gene 1 tells class A from class B. */
export function inventedCells(count: number, genes: number): InventedCells {
  const every = (length: number) => Array.from({ length }, (_, index) => index);
  return {
    cells: every(count).map((cell) => `cell-${cell}`),
    genes: every(genes).map((gene) => `G${gene + 1}`),
    counts: every(count).map((cell) =>
      every(genes).map((gene) =>
        gene === 0 ? 1 + 8 * (cell % 2) : (cell + gene) % 4 === 0 ? 1 + ((cell * gene) % 7) : 0,
      ),
    ),
  };
}

/** Coordinates as pipelines write them: cells or genes as rows. */
export function matrixMarket({ counts, cells, genes }: InventedCells, rows: 'cells' | 'genes' = 'cells'): string {
  const entries = counts.flatMap((row, cell) =>
    row.flatMap((value, gene) =>
      value === 0 ? [] : [rows === 'cells' ? `${cell + 1} ${gene + 1} ${value}` : `${gene + 1} ${cell + 1} ${value}`],
    ),
  );
  const [height, width] = rows === 'cells' ? [cells.length, genes.length] : [genes.length, cells.length];
  return [
    '%%MatrixMarket matrix coordinate integer general',
    `${height} ${width} ${entries.length}`,
    ...entries,
    '',
  ].join('\n');
}

/** Writes an AnnData file: counts by rows, and columns of text. */
export async function writeH5ad(
  path: string,
  { counts, cells, genes }: InventedCells,
  { columns = {}, dense = false }: { columns?: Readonly<Record<string, readonly string[]>>; dense?: boolean } = {},
): Promise<void> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  const table = (name: string, index: readonly string[], further: Readonly<Record<string, readonly string[]>>) => {
    const group = file.create_group(name);
    group.create_attribute('_index', '_index');
    for (const [column, data] of Object.entries({ _index: index, ...further })) {
      group.create_dataset({ name: column, data: [...data] });
    }
  };
  table('obs', cells, columns);
  table('var', genes, {});
  if (dense) {
    const data = Float32Array.from(counts.flat());
    file.create_dataset({ name: 'X', data, shape: [cells.length, genes.length] });
  } else {
    const entries = counts.map((row) => row.flatMap((value, gene) => (value === 0 ? [] : [{ value, gene }])));
    const starts = startsOf(entries.map(({ length }) => length));
    const group = file.create_group('X');
    group.create_attribute('encoding-type', 'csr_matrix');
    group.create_attribute('shape', Int32Array.of(cells.length, genes.length));
    group.create_dataset({ name: 'data', data: Float32Array.from(entries.flat(), ({ value }) => value) });
    group.create_dataset({ name: 'indices', data: Int32Array.from(entries.flat(), ({ gene }) => gene) });
    group.create_dataset({ name: 'indptr', data: starts });
  }
  file.close();
}
