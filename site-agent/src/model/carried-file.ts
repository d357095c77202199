import { basename } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { fail } from '@consilium/shared/errors';
import { readIfThere } from '../config/index.js';

const digestBytes = 32;

/** What a site carries from round to round, with its SHA-256 behind it: nobody else could say that the disk altered it. */
export const sealCarried = (file: Uint8Array): Uint8Array => Buffer.concat([file, Buffer.from(sha256(file), 'hex')]);

/** Reads such a file; null where there is none. @throws CSM-AGENT-CARRIED when it is not what was written, CSM-AGENT-DISK */
export async function readCarried(path: string): Promise<Uint8Array | null> {
  const bytes = await readIfThere(path);
  if (bytes === null) return null;
  const end = Math.max(0, bytes.length - digestBytes);
  const file = bytes.subarray(0, end);
  if (sha256(file) !== Buffer.from(bytes.subarray(end)).toString('hex')) {
    fail('CSM-AGENT-CARRIED', { file: basename(path) });
  }
  return file;
}
