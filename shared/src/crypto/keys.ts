import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as edSign,
  verify as edVerify,
  type KeyObject,
} from 'node:crypto';
import nacl from 'tweetnacl';
import { fail } from '../errors/index.js';
import type { PublicKey, Signature } from '../ids.js';
import { fromText, join, toText } from './bytes.js';

export const publicKeyBytes = 32;
export const secretKeyBytes = 64;
const seedBytes = 32;
const signatureBytes = 64;

/** An Ed25519 key pair. The secret key is tweetnacl's: 32 bytes of seed, then the public key. */
export interface Identity {
  readonly publicKey: PublicKey;
  readonly secretKey: Uint8Array;
}

/**
 * Makes an Ed25519 identity, from 32 bytes of seed if given.
 * @throws CSM-KEY-FORMAT when the seed has another length
 */
export function createIdentity(seed?: Uint8Array): Identity {
  if (seed !== undefined && seed.length !== seedBytes) fail('CSM-KEY-FORMAT', { what: 'The seed' });
  const pair = seed === undefined ? nacl.sign.keyPair() : nacl.sign.keyPair.fromSeed(seed);
  return { publicKey: toText(pair.publicKey) as PublicKey, secretKey: pair.secretKey };
}

/**
 * The identity that a stored secret key holds.
 * @throws CSM-KEY-FORMAT when the bytes are no key, or the public half does not belong to the seed
 */
export function identityOf(secretKey: Uint8Array): Identity {
  if (secretKey.length !== secretKeyBytes) fail('CSM-KEY-FORMAT', { what: 'The secret key' });
  const identity = createIdentity(secretKey.subarray(0, seedBytes));
  if (Buffer.compare(identity.secretKey, secretKey) !== 0) fail('CSM-KEY-FORMAT', { what: 'The secret key' });
  return identity;
}

/** What is signed: utf8(domain) ‖ 0x00 ‖ SHA-256(bytes). The domain keeps a signature from serving another purpose. */
export const signedMessage = (domain: string, bytes: Uint8Array): Uint8Array =>
  join(Buffer.from(domain, 'utf8'), Uint8Array.of(0), createHash('sha256').update(bytes).digest());

// RFC 8410 wrappers around the raw key bytes.
const privateDer = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicDer = Buffer.from('302a300506032b6570032100', 'hex');

const privateKeys = new WeakMap<Uint8Array, KeyObject>();

function privateKeyOf(identity: Identity): KeyObject {
  const known = privateKeys.get(identity.secretKey);
  if (known !== undefined) return known;
  const key = Buffer.concat([privateDer, identity.secretKey.subarray(0, seedBytes)]);
  const made = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  key.fill(0);
  privateKeys.set(identity.secretKey, made);
  return made;
}

/** Signs bytes under a domain (Ed25519, RFC 8032). */
export const sign = (identity: Identity, domain: string, bytes: Uint8Array): Signature =>
  toText(edSign(null, signedMessage(domain, bytes), privateKeyOf(identity))) as Signature;

/** Whether the key signed these bytes under this domain. False for anything that is no key or no signature. */
export function verify(key: PublicKey, domain: string, bytes: Uint8Array, signature: string): boolean {
  const raw = fromText(key, publicKeyBytes);
  const signed = fromText(signature, signatureBytes);
  if (raw === null || signed === null) return false;
  try {
    const opened = createPublicKey({ key: Buffer.concat([publicDer, raw]), format: 'der', type: 'spki' });
    return edVerify(null, signedMessage(domain, bytes), opened, signed);
  } catch {
    return false;
  }
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const fingerprintBytes = 10;

/** A key for two people to compare aloud: 80 bits of its SHA-256 as four groups of base32, `K7QX-2MFA-…`. */
export function fingerprint(key: PublicKey): string {
  const raw = fromText(key, publicKeyBytes) ?? fail('CSM-KEY-FORMAT', { what: 'The public key' });
  const digest = createHash('sha256').update(raw).digest().subarray(0, fingerprintBytes);
  let bits = BigInt(`0x${digest.toString('hex')}`);
  let text = '';
  for (let i = 0; i < (fingerprintBytes * 8) / 5; i++) {
    text = base32[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return text.replaceAll(/(.{4})(?=.)/g, '$1-');
}
