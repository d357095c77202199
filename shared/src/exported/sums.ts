import { type BlobHash, blobHash } from '../ids.js';

/** The file of an exported run that holds the hashes of the others, as `sha256sum -c` reads it. */
export const sumsFile = 'SHA256SUMS';

/** SHA-256 of each file by its name in the folder, one a line, sorted. */
export const writeSums = (hashes: ReadonlyMap<string, BlobHash>): string =>
  [...hashes]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, hash]) => `${hash}  ${name}\n`)
    .join('');

/** The hash of each file; null when the text is no such list. */
export function readSums(text: string): ReadonlyMap<string, BlobHash> | null {
  const hashes = new Map<string, BlobHash>();
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const [, hash, name] = /^(\S+) [ *](.+)$/.exec(line) ?? [];
    const parsed = blobHash.safeParse(hash);
    if (!parsed.success || name === undefined || hashes.has(name)) return null;
    hashes.set(name, parsed.data);
  }
  return hashes;
}
