import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign as edSign,
  verify as edVerify,
  hkdfSync,
  type KeyObject,
  scrypt as nodeScrypt,
  randomBytes as random,
  timingSafeEqual,
} from 'node:crypto';

// The primitives as OpenSSL has them. `browser.ts` holds the same functions for a page; one suite tests both.

const cipher = 'chacha20-poly1305';
const tagBytes = 16;

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

export const hmacSha256 = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  createHmac('sha256', key).update(bytes).digest();

/** HKDF (RFC 5869). @param length bytes to derive */
export const hkdfSha256 = (secret: Uint8Array, salt: Uint8Array, info: string, length: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, salt, info, length));

/** 32 bytes of scrypt (RFC 7914) with p = 1. */
export const scrypt = (passphrase: string, salt: Uint8Array, cost: number, block: number): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const options = { N: cost, r: block, p: 1, maxmem: 256 * cost * block };
    nodeScrypt(passphrase, salt, 32, options, (error, key) => (error ? reject(error) : resolve(key)));
  });

/** ChaCha20-Poly1305 (RFC 8439): what is sealed, then its tag of 16 bytes. */
export function seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, associated: Uint8Array): Uint8Array {
  const sealer = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  sealer.setAAD(associated, { plaintextLength: plain.length });
  return Buffer.concat([sealer.update(plain), sealer.final(), sealer.getAuthTag()]);
}

/** What was sealed; null when the key is another one or a byte was altered. */
export function unseal(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array | null {
  if (sealed.length < tagBytes) return null;
  const opener = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  opener.setAAD(associated, { plaintextLength: sealed.length - tagBytes });
  opener.setAuthTag(sealed.subarray(-tagBytes));
  const plain = opener.update(sealed.subarray(0, -tagBytes));
  try {
    opener.final();
  } catch {
    return null;
  }
  return new Uint8Array(plain);
}

// RFC 8410 wrapper around the raw bytes of a private key.
const privateDer = Buffer.from('302e020100300506032b657004220420', 'hex');
const seedBytes = 32;

const privateKeys = new WeakMap<Uint8Array, KeyObject>();

function privateKeyOf(secretKey: Uint8Array): KeyObject {
  const known = privateKeys.get(secretKey);
  if (known !== undefined) return known;
  const key = Buffer.concat([privateDer, secretKey.subarray(0, seedBytes)]);
  const made = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  key.fill(0);
  privateKeys.set(secretKey, made);
  return made;
}

/** Ed25519 (RFC 8032). @param secretKey 32 bytes of seed, then the public key */
export const signEd25519 = (secretKey: Uint8Array, message: Uint8Array): Uint8Array =>
  edSign(null, message, privateKeyOf(secretKey));

/** Keys that were looked at last: a journal is checked by one key throughout. */
const publicKeys = new Map<string, KeyObject>();
const keptPublicKeys = 256;

function publicKeyOf(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('latin1');
  const known = publicKeys.get(name);
  if (known !== undefined) return known;
  // A JWK is read ten times faster than DER.
  const x = Buffer.from(publicKey).toString('base64url');
  const made = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const oldest = publicKeys.size < keptPublicKeys ? undefined : publicKeys.keys().next().value;
  if (oldest !== undefined) publicKeys.delete(oldest);
  publicKeys.set(name, made);
  return made;
}

/** Whether 64 bytes are the signature of a key of 32 bytes; false for anything that is no key. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return edVerify(null, message, publicKeyOf(publicKey), signature);
  } catch {
    return false;
  }
}

export const randomBytes = (count: number): Uint8Array => random(count);

/** Compares in a time that says nothing about where two differ. */
export const sameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
