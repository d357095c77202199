import { join } from 'node:path';
import type { RunFile } from '@consilium/shared/contract';
import type { FoundSample } from '../assemble.js';
import { emptyRoll, type Roll, refuseNobody, rollCall } from '../roll-call.js';
import { rowTerms } from '../row-terms.js';
import type { DataSource } from '../source.js';
import { columnIndex, openTable } from '../table.js';
import { isMissing } from '../values.js';

/** A row of a class of the run, and where its image should be. */
export interface NamedImage extends FoundSample {
  /** As the row says it; not yet looked at. */
  readonly path: string;
}

interface Wanted {
  readonly data: Extract<RunFile['data'], { readonly kind: 'images' }>;
  /** Name of the table in the site's folder. */
  readonly file: string;
}

/**
 * Reads the table that names each sample, its class and its image.
 * @throws CSM-DATA-EMPTY, CSM-DATA-NO-ROWS, CSM-DATA-COLUMN and the faults of tables
 */
export async function readManifest(
  source: DataSource,
  { data, file }: Wanted,
): Promise<Roll & { readonly samples: readonly NamedImage[] }> {
  const terms = rowTerms(source);
  const table = await openTable(join(source.directory, file), source.signal);
  const image = columnIndex(table, data.file);
  const roll = emptyRoll();
  const samples: NamedImage[] = [];
  for await (const { sample, fields } of rollCall(table, { ...terms, samples: null }, roll)) {
    const path = fields[image]?.trim() ?? '';
    if (isMissing(path)) roll.quarantine.push({ file, line: sample.line, reason: 'no file name' });
    else samples.push({ ...sample, path });
  }
  refuseNobody(samples.length, roll, { file, columns: terms.columns });
  return { ...roll, samples };
}
