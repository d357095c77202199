import { basename } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { asFileFault, openBytes } from '../readers/index.js';

const maxNames = 2 ** 24;
const maxNameCharacters = 256;
/** What a packed list may unpack to: the names and what stands behind them. */
const maxUnpackedBytes = 2 ** 30;

/**
 * Reads a list of names, one a line, packed when its name ends in `.gz`. Of a line with tabs the first field counts, as pipelines
 * write genes with their symbol and kind behind.
 * @throws CSM-DATA-FILE, CSM-DATA-UNREADABLE, CSM-DATA-GZIP, CSM-DATA-LARGE, CSM-DATA-CELLS
 */
export async function readNames(
  path: string,
  signal?: AbortSignal,
  limitBytes = maxUnpackedBytes,
): Promise<readonly string[]> {
  const file = basename(path);
  const names: string[] = [];
  const take = (line: string): void => {
    const [name = ''] = line.split('\t', 1);
    const trimmed = name.trim();
    if (trimmed.length > maxNameCharacters) refuse(`line ${names.length + 1} is too long for a name`);
    if (names.length === maxNames) refuse(`it has more than ${maxNames} names`);
    names.push(trimmed);
  };
  const refuse = (problem: string): never => fail('CSM-DATA-CELLS', { file, problem });
  const bytes = openBytes(path, signal, limitBytes);
  bytes.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of bytes) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > 2 ** 20) refuse(`line ${names.length + lines.length + 1} is too long for a name`);
      for (const line of lines) take(names.length === 0 ? line.replace(/^\uFEFF/, '') : line);
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    throw asFileFault(thrown, path);
  }
  if (rest.trim() !== '') take(rest);
  return names;
}
