import { join } from 'node:path';
import type { Contract } from '@consilium/shared/contract';
import type { SiteSettings } from '../config/index.js';
import { openTable } from '../data/index.js';

/** A table that has this column says of its patients that they are invented, as our generator's tables do. */
const column = 'synthetic';

/** Whether a site's own tables say that their patients are invented. A table that cannot be read says nothing here. */
export async function saysSynthetic(
  { directory, files }: Pick<SiteSettings['data'], 'directory' | 'files'>,
  { runFile }: Contract,
): Promise<boolean> {
  const { features, samples } = files ?? runFile.data.files;
  const names = [
    ...(typeof features === 'string' ? [features] : features),
    ...(samples === undefined ? [] : [samples]),
  ];
  for (const name of names) {
    const columns = await columnsOf(join(directory, name)).catch((): readonly string[] => []);
    if (columns.includes(column)) return true;
  }
  return false;
}

async function columnsOf(path: string): Promise<readonly string[]> {
  const table = await openTable(path);
  for await (const _ of table.rows) break;
  return table.columns;
}
