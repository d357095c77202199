import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256 as hash } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import nacl from 'tweetnacl';

// The primitives of `node.ts` where there is no OpenSSL. A page uses them on a lead's key, a few times an hour.

export const sha256 = (bytes: Uint8Array): Uint8Array => hash(bytes);

export const hmacSha256 = (key: Uint8Array, bytes: Uint8Array): Uint8Array => hmac(hash, key, bytes);

export const hkdfSha256 = (secret: Uint8Array, salt: Uint8Array, info: string, length: number): Uint8Array =>
  hkdf(hash, secret, salt, utf8ToBytes(info), length);

export const scrypt = (passphrase: string, salt: Uint8Array, cost: number, block: number): Promise<Uint8Array> =>
  scryptAsync(passphrase, salt, { N: cost, r: block, p: 1, dkLen: 32, maxmem: 256 * cost * block });

export const seal = (key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, associated: Uint8Array): Uint8Array =>
  chacha20poly1305(key, nonce, associated).encrypt(plain);

export function unseal(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array | null {
  try {
    return chacha20poly1305(key, nonce, associated).decrypt(sealed);
  } catch {
    return null;
  }
}

export const signEd25519 = (secretKey: Uint8Array, message: Uint8Array): Uint8Array =>
  nacl.sign.detached(message, secretKey);

export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return nacl.sign.detached.verify(message, signature, publicKey);
  } catch {
    return false;
  }
}

export const randomBytes = (count: number): Uint8Array => nacl.randomBytes(count);

export const sameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.reduce((apart, byte, place) => apart | (byte ^ (right[place] ?? 0)), 0) === 0;
