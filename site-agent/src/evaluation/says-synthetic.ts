import { join } from 'node:path';
import type { Contract } from '@consilium/shared/contract';
import type { SiteSettings } from '../config/index.js';
import { readColumn, tablesOf } from '../data/index.js';

/** A table that has this column says of its patients that they are invented, as our generator's tables do. */
const column = 'synthetic';

/** Whether a site's own tables say that their patients are invented. A table that cannot be read says nothing here. */
export async function saysSynthetic(
  { directory, files }: Pick<SiteSettings['data'], 'directory' | 'files'>,
  { runFile }: Contract,
): Promise<boolean> {
  for (const name of tablesOf(runFile.data, files ?? runFile.data.files)) {
    const read = await readColumn(join(directory, name), column).catch(() => null);
    if (read !== null && read.values !== null) return true;
  }
  return false;
}
