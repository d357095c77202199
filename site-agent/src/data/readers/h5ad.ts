import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { didYouMean } from '@consilium/shared/yaml';
import { asFileFault } from './file-bytes.js';
import { type H5File, openH5 } from './h5-file.js';
import type { H5Dataset, H5Entity } from './h5-messages.js';
import { type Csr, type Dense, fromTriples, isStrictlyRising, maxExtent, maxValues, transposed } from './matrix.js';

/** An AnnData file that is open for reading. */
export interface H5ad {
  /** Names of the cells, in row order. */
  readonly cells: readonly string[];
  /** Columns of the table of cells. */
  readonly columns: readonly string[];
  /** A column of the table of cells as text, one a cell; empty where a value is missing. */
  readonly column: (name: string) => Promise<readonly string[]>;
  /** Cells × genes: X, or the layer of that name; `raw` is the matrix that AnnData keeps under that name, with genes of its own. */
  readonly matrix: (layer?: string) => Promise<ExpressionMatrix>;
  readonly close: () => Promise<void>;
}

export interface ExpressionMatrix {
  readonly genes: readonly string[];
  /** Not judged: NaN and infinities are kept. */
  readonly values: Csr | Dense;
}

/**
 * Opens an AnnData file (`.h5ad`, written by AnnData 0.7 or later). What is asked for is read, in blocks. It must be closed.
 * Format: anndata.readthedocs.io, "On-disk format".
 * @throws CSM-DATA-FILE, CSM-DATA-H5AD; while it is read also CSM-DATA-H5-CODEC, CSM-DATA-COLUMN, or the signal's reason
 */
export async function openH5ad(path: string, signal?: AbortSignal): Promise<H5ad> {
  const name = basename(path);
  await access(path).catch((thrown: unknown) => {
    throw asFileFault(thrown, path);
  });
  const refuse = (problem: string): never => fail('CSM-DATA-H5AD', { file: name, problem });
  const file = await openH5(path, refuse, { signal });
  try {
    const source: Source = { file, name, refuse };
    const obs = await tableAt(source, 'obs');
    const cells = await textsAt(source, `obs/${obs.index}`);
    return {
      cells,
      columns: obs.columns,
      async column(column) {
        if (!obs.columns.includes(column)) {
          fail('CSM-DATA-COLUMN', { file: name, column, near: didYouMean(column, obs.columns) });
        }
        const values = await columnAt(source, column);
        return values.length === cells.length ? values : refuse('a column of its cells has another length');
      },
      async matrix(layer) {
        const place = layer === undefined ? 'X' : layer === 'raw' ? 'raw/X' : `layers/${layer}`;
        const genesPlace = layer === 'raw' ? 'raw/var' : 'var';
        const { index } = await tableAt(source, genesPlace);
        const genes = await textsAt(source, `${genesPlace}/${index}`);
        const values = await matrixAt(source, place);
        if (values.rows !== cells.length || values.width !== genes.length) refuse('its matrix is not cells × genes');
        return { genes, values };
      },
      close: file.close,
    };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

interface Source {
  readonly file: H5File;
  readonly name: string;
  readonly refuse: (problem: string) => never;
}

/** A table of AnnData: a group with a dataset or group a column. */
async function tableAt(
  { file, refuse }: Source,
  place: string,
): Promise<{ index: string; columns: readonly string[] }> {
  const entity = await file.entity(place);
  if (entity === null) return refuse(`it has no ${place}`);
  if (entity.kind === 'dataset') return refuse(`its ${place} is of a version of AnnData before 0.7`);
  const { _index: index = '_index' } = entity.attributes;
  if (typeof index !== 'string' || !entity.names.includes(index)) return refuse(`its ${place} has no names`);
  return { index, columns: entity.names.filter((column) => column !== index && column !== categoriesOfOld) };
}

/** Where AnnData 0.7 kept the categories of all columns. */
const categoriesOfOld = '__categories';

async function columnAt(source: Source, column: string): Promise<readonly string[]> {
  const { file, refuse } = source;
  const entity = await file.entity(`obs/${column}`);
  if (entity === null) return refuse('a column of its cells cannot be read');
  if (entity.kind === 'group') {
    if (!entity.names.includes('categories') || !entity.names.includes('codes')) {
      return refuse('a column of its cells is neither text nor number nor category');
    }
    return categorical(source, `obs/${column}/codes`, `obs/${column}/categories`);
  }
  const categories = `obs/${categoriesOfOld}/${column}`;
  if (entity.holds === 'integers' && (await file.entity(categories)) !== null) {
    return categorical(source, `obs/${column}`, categories);
  }
  return textsAt(source, `obs/${column}`);
}

async function categorical(source: Source, codes: string, categories: string): Promise<readonly string[]> {
  const names = await textsAt(source, categories);
  const values: string[] = [];
  const dataset = await datasetAt(source, codes, 1);
  if (dataset.holds !== 'integers') source.refuse('the codes of a category are not whole numbers');
  for await (const block of source.file.numbers(codes, dataset)) {
    for (const code of block) {
      values.push(code === -1 ? '' : (names[code] ?? source.refuse('a code stands for no category')));
    }
  }
  return values;
}

/** A column as text: texts as they are, numbers as JavaScript writes them, NaN as nothing. */
async function textsAt(source: Source, place: string): Promise<readonly string[]> {
  const { file, refuse } = source;
  const dataset = await datasetAt(source, place, 1);
  if ((dataset.shape[0] ?? 0) > maxExtent) refuse(`a table of it has more than ${maxExtent} rows`);
  const values: string[] = [];
  switch (dataset.holds) {
    case 'texts':
      for await (const block of file.texts(place, dataset)) for (const text of block) values.push(text);
      break;
    case 'truths':
      for await (const block of file.numbers(place, dataset))
        for (const truth of block) values.push(truth ? 'True' : 'False');
      break;
    case 'floats':
    case 'integers':
      for await (const block of file.numbers(place, dataset)) {
        for (const number of block) values.push(Number.isNaN(number) ? '' : String(number));
      }
      break;
    case 'other':
      return refuse('a column of it is neither text nor number');
    default:
      dataset.holds satisfies never;
  }
  return values;
}

async function datasetAt({ file, refuse }: Source, place: string, dimensions: number): Promise<H5Dataset> {
  const entity = await file.entity(place);
  return readable(entity, dimensions, refuse);
}

function readable(entity: H5Entity | null, dimensions: number, refuse: Source['refuse']): H5Dataset {
  if (entity?.kind !== 'dataset') return refuse('it lacks data that AnnData writes');
  if (entity.shape.length !== dimensions) return refuse(`it has data of other than ${dimensions} dimensions`);
  return entity.foreignCodec === null ? entity : fail('CSM-DATA-H5-CODEC', { codec: entity.foreignCodec });
}

async function matrixAt(source: Source, place: string): Promise<Csr | Dense> {
  const { file, refuse } = source;
  const entity = await file.entity(place);
  if (entity === null) return refuse(`it has no ${place.startsWith('layers/') ? 'such layer' : place}`);
  if (entity.kind === 'dataset') return denseAt(source, place, readable(entity, 2, refuse));
  const { attributes } = entity;
  const format = attributes['encoding-type'] ?? `${attributes.h5sparse_format}_matrix`;
  const shape = attributes.shape ?? attributes.h5sparse_shape;
  if (typeof shape === 'string' || shape === undefined || shape.length !== 2) return refuse('its matrix has no shape');
  const [rows = 0, width = 0] = shape;
  if (!isExtent(rows) || !isExtent(width)) return refuse(`its matrix has more than ${maxExtent} rows or columns`);
  if (format === 'csr_matrix') return sparseAt(source, place, { rows, width });
  if (format === 'csc_matrix') return transposed(await sparseAt(source, place, { rows: width, width: rows }));
  return refuse('its matrix is neither dense nor compressed by rows or columns');
}

const isExtent = (size: number): boolean => Number.isInteger(size) && size >= 0 && size <= maxExtent;

async function denseAt({ file, refuse }: Source, place: string, dataset: H5Dataset): Promise<Dense> {
  const [rows = 0, width = 0] = dataset.shape;
  if (dataset.holds !== 'floats' && dataset.holds !== 'integers')
    refuse('its matrix does not hold numbers that can be read');
  if (rows * width > maxValues) refuse(`its matrix has more than ${maxValues} numbers`);
  const values = new Float32Array(rows * width);
  await fill(values, file.numbers(place, dataset));
  return { kind: 'rows', rows, width, values };
}

async function sparseAt(source: Source, place: string, size: Pick<Csr, 'rows' | 'width'>): Promise<Csr> {
  const { file, refuse } = source;
  const part = async (name: string, holds: readonly H5Dataset['holds'][]): Promise<H5Dataset> => {
    const dataset = await datasetAt(source, `${place}/${name}`, 1);
    return holds.includes(dataset.holds) ? dataset : refuse('its matrix does not hold numbers that can be read');
  };
  const [data, indices, pointers] = [
    await part('data', ['floats', 'integers']),
    await part('indices', ['integers']),
    await part('indptr', ['integers']),
  ];
  const [count = 0] = data.shape;
  if (count > maxValues) refuse(`its matrix has more than ${maxValues} numbers`);
  if (indices.shape[0] !== count || pointers.shape[0] !== size.rows + 1) refuse('the parts of its matrix do not fit');

  const starts = new Int32Array(size.rows + 1);
  await fill(starts, file.numbers(`${place}/indptr`, pointers), (value) => value >= 0 && value <= count, refuse);
  if (
    starts[0] !== 0 ||
    starts[size.rows] !== count ||
    starts.some((start, row) => row > 0 && start < starts[row - 1]!)
  ) {
    refuse('the rows of its matrix do not follow each other');
  }
  const columns = new Int32Array(count);
  await fill(columns, file.numbers(`${place}/indices`, indices), (value) => value >= 0 && value < size.width, refuse);
  const values = new Float32Array(count);
  await fill(values, file.numbers(`${place}/data`, data));

  const matrix: Csr = { kind: 'sparse', ...size, starts, columns, values };
  if (isStrictlyRising(matrix)) return matrix;
  const rowOf = new Int32Array(count);
  for (let row = 0; row < size.rows; row++) rowOf.fill(row, starts[row], starts[row + 1]);
  return fromTriples(size, rowOf, columns, values) ?? refuse('one place of its matrix stands twice');
}

/** Puts the blocks one after the other; where `allows` is given, every value must pass it. */
async function fill(
  into: Int32Array | Float32Array,
  blocks: AsyncIterable<Float64Array>,
  allows?: (value: number) => boolean,
  refuse?: Source['refuse'],
): Promise<void> {
  let filled = 0;
  for await (const block of blocks) {
    if (allows && !block.every(allows)) refuse?.('a place is outside of its matrix');
    into.set(block, filled);
    filled += block.length;
  }
}
