import { join } from 'node:path';
import type { Finding } from '@consilium/models/families';
import { makePrivate, writeWhole } from '../config/index.js';
import { csvText } from './csv.js';
import { encodePng } from './png.js';

/**
 * Writes an explanation into a folder as it comes: tables as CSV, images as PNG.
 * @returns names of the files
 * @throws CSM-AGENT-DISK, CSM-DATA-IMAGE-LIBRARY, the signal's reason
 */
export async function writeFindings(
  folder: string,
  findings: AsyncIterable<Finding>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  await makePrivate(folder);
  const names: string[] = [];
  for await (const finding of findings) {
    signal.throwIfAborted();
    // A family makes the names; whatever it makes them from, they lie in the folder.
    const name = `${finding.name.replaceAll(/[^\w.-]/g, '_')}.${finding.kind === 'table' ? 'csv' : 'png'}`;
    await writeWhole(join(folder, name), await contentOf(finding));
    names.push(name);
  }
  return names;
}

async function contentOf(finding: Finding): Promise<string | Uint8Array> {
  switch (finding.kind) {
    case 'table':
      return csvText(finding.header, finding.rows);
    case 'image':
      return encodePng(finding.pixels, finding.side);
    default:
      return finding satisfies never;
  }
}
