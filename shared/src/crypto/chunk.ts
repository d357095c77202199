import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { fail } from '../errors/index.js';
import { freeNow } from '../memory/index.js';
import type { Random } from './bytes.js';

const cipher = 'chacha20-poly1305';
const tagBytes = 16;
const nonceBytes = 12;

export const dataKeyBytes = 32;
/** What sealing adds to a chunk at rest. */
export const chunkOverheadBytes = nonceBytes + tagBytes;

/**
 * Seals one chunk of a file for the disk: nonce ‖ ciphertext ‖ tag (ChaCha20-Poly1305).
 * The nonce is random, since a chunk that was cut off by a crash is written again with other bytes. `context` names the
 * file and is bound with `index`, so that chunks cannot change places. It may show in an error: nothing secret in it.
 */
export function sealChunk(
  key: Uint8Array,
  context: string,
  index: number,
  bytes: Uint8Array,
  random: Random = randomBytes,
): Uint8Array {
  const nonce = random(nonceBytes);
  const sealer = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  sealer.setAAD(associated(context, index), { plaintextLength: bytes.length });
  const sealed = Buffer.allocUnsafeSlow(bytes.length + chunkOverheadBytes);
  sealed.set(nonce);
  const hidden = sealer.update(bytes);
  hidden.copy(sealed, nonceBytes);
  freeNow(hidden);
  sealer.final();
  sealer.getAuthTag().copy(sealed, nonceBytes + bytes.length);
  return sealed;
}

/**
 * Opens a chunk that `sealChunk` made with the same key, context and index.
 * @throws CSM-KEY-CHUNK
 */
export function openChunk(key: Uint8Array, context: string, index: number, sealed: Uint8Array): Uint8Array {
  if (sealed.length < chunkOverheadBytes) fail('CSM-KEY-CHUNK', { context, index });
  const end = sealed.length - tagBytes;
  const opener = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  opener.setAAD(associated(context, index), { plaintextLength: end - nonceBytes });
  opener.setAuthTag(sealed.subarray(end));
  const bytes = opener.update(sealed.subarray(nonceBytes, end));
  try {
    opener.final();
  } catch {
    fail('CSM-KEY-CHUNK', { context, index });
  }
  return bytes;
}

function associated(context: string, index: number): Uint8Array {
  const position = Buffer.alloc(8);
  position.writeBigUInt64BE(BigInt(index));
  return Buffer.concat([Buffer.from('consilium-chunk-1\0', 'utf8'), position, Buffer.from(context, 'utf8')]);
}
