import { base32nopad } from '@scure/base';
import nacl from 'tweetnacl';
import { sha256, signEd25519, verifyEd25519 } from '#primitives';
import { fail } from '../errors/index.js';
import type { PublicKey, Signature } from '../ids.js';
import { fromText, join, toText, utf8 } from './bytes.js';

export const publicKeyBytes = 32;
export const secretKeyBytes = 64;
export const seedBytes = 32;
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
  if (toText(identity.secretKey) !== toText(secretKey)) fail('CSM-KEY-FORMAT', { what: 'The secret key' });
  return identity;
}

/** What is signed: utf8(domain) ‖ 0x00 ‖ SHA-256(bytes). The domain keeps a signature from serving another purpose. */
export const signedMessage = (domain: string, bytes: Uint8Array): Uint8Array =>
  join(utf8(domain), Uint8Array.of(0), sha256(bytes));

/** Signs bytes under a domain (Ed25519, RFC 8032). */
export const sign = (identity: Identity, domain: string, bytes: Uint8Array): Signature =>
  toText(signEd25519(identity.secretKey, signedMessage(domain, bytes))) as Signature;

/** Whether the key signed these bytes under this domain. False for anything that is no key or no signature. */
export function verify(key: PublicKey, domain: string, bytes: Uint8Array, signature: string): boolean {
  const raw = fromText(key, publicKeyBytes);
  const signed = fromText(signature, signatureBytes);
  return raw !== null && signed !== null && verifyEd25519(raw, signedMessage(domain, bytes), signed);
}

const fingerprintBytes = 10;

/** A key for two people to compare aloud: 80 bits of its SHA-256 as four groups of base32, `K7QX-2MFA-…`. */
export function fingerprint(key: PublicKey): string {
  const raw = fromText(key, publicKeyBytes) ?? fail('CSM-KEY-FORMAT', { what: 'The public key' });
  return base32nopad.encode(sha256(raw).slice(0, fingerprintBytes)).replaceAll(/(.{4})(?=.)/g, '$1-');
}
