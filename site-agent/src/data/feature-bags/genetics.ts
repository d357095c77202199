import { lgfVector, parseIscn, readBands } from '@consilium/models/genetics';
import { type Contract, type FeatureBags, karyotypeBands } from '@consilium/shared/contract';
import { CodedError } from '@consilium/shared/errors';
import type { QuarantineReason } from '../dataset.js';
import { columnIndex, type Table } from '../table.js';
import { isMissing, readNumber } from '../values.js';

/** Why a field cannot be read, and its column. */
export interface FieldFault {
  readonly reason: QuarantineReason;
  readonly column: string;
}

/** A kind of findings beside the cells. */
export interface Modality {
  /** What a family calls it. */
  readonly name: string;
  readonly width: number;
  /** A row's findings, [width]: 1, 0, or NaN for what was not tested, which is not negative. */
  readonly read: (fields: readonly string[]) => Float32Array | FieldFault;
}

type Columns = Pick<Table, 'file' | 'columns'>;

/** The findings that a run asks for, from columns of a site's sample table. @throws CSM-DATA-COLUMN, CSM-DATA-BANDS */
export function modalitiesOf(table: Columns, contract: Contract, { genetics }: FeatureBags): readonly Modality[] {
  const { karyotype, mutations } = genetics ?? {};
  return [
    ...(karyotype ? [karyotypes(table, karyotype.column, karyotypeBands(contract))] : []),
    ...(mutations ? [mutationsOf(table, mutations.genes)] : []),
  ];
}

/** Listed genes that a table has no column for: of them nobody was tested. */
export const untestedGenes = ({ columns }: Columns, { genetics }: FeatureBags): readonly string[] =>
  (genetics?.mutations?.genes ?? []).filter((gene) => !columns.includes(gene));

/** Loss, gain and fusion of each band. */
function karyotypes(table: Columns, column: string, names: readonly string[]): Modality {
  const at = columnIndex(table, column);
  const bands = readBands(names);
  const width = 3 * bands.length;
  return {
    name: 'karyotype',
    width,
    read: (fields) => {
      const text = fields[at]?.trim() ?? '';
      if (isMissing(text)) return new Float32Array(width).fill(Number.NaN);
      try {
        return lgfVector(parseIscn(text), bands);
      } catch (thrown) {
        if (thrown instanceof CodedError && thrown.code === 'CSM-DATA-ISCN') {
          return { reason: 'karyotype not readable', column };
        }
        throw thrown;
      }
    },
  };
}

function mutationsOf(table: Columns, genes: readonly string[]): Modality {
  const columns = genes.map((gene) => table.columns.indexOf(gene));
  const [first = ''] = genes;
  // A panel that tests some of the genes is usual; a table with none of them is another than was meant.
  if (columns.every((at) => at < 0)) columnIndex(table, first);
  return {
    name: 'mutations',
    width: genes.length,
    read: (fields) => {
      const bits = columns.map((at) => (at < 0 ? Number.NaN : readNumber(fields[at] ?? '')));
      const wrong = genes[bits.findIndex((bit) => bit === null || !(bit === 0 || bit === 1 || Number.isNaN(bit)))];
      if (wrong !== undefined) return { reason: 'neither 0 nor 1', column: wrong };
      return Float32Array.from(bits, (bit) => bit ?? Number.NaN);
    },
  };
}
