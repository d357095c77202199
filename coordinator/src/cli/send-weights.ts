import { sha256 } from '@consilium/shared/canonical';
import { fail } from '@consilium/shared/errors';
import type { BlobHash } from '@consilium/shared/ids';
import { postWeights } from '../api/calls.js';
import type { LeadClient } from './client.js';

/** Well below what a call may carry, written as base64. */
const partBytes = 8 * 2 ** 20;

/** Brings a file to the coordinator, part by part. @returns the SHA-256 of each part, as they follow one another */
export async function sendWeights(client: LeadClient, file: Uint8Array): Promise<BlobHash[]> {
  const parts: BlobHash[] = [];
  for (let at = 0; at < file.length; at += partBytes) {
    const part = file.subarray(at, at + partBytes);
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64');
    const { sha256: kept } = await client.call(postWeights, { body: { bytes } });
    if (kept !== sha256(part)) fail('CSM-CLI-ANSWER', { address: '/api/weights', problem: 'it kept other bytes' });
    parts.push(kept);
  }
  return parts;
}
