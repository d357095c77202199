import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { hsalsa } from '@noble/ciphers/salsa.js';

/** An X25519 key pair for one handshake. */
export interface Ephemeral {
  /** What the other end is sent: 32 bytes, base64url. */
  readonly share: string;
  /**
   * What both ends know and nobody else: NaCl's `crypto_box_beforenm`, 32 bytes. Null for a share of small order, with which every
   * secret agrees on zeros.
   */
  agree(theirs: string): Uint8Array | null;
}

/** OpenSSL multiplies some fifty times faster than JavaScript, and a coordinator shakes hands with a thousand sites at once. */
export const makeEphemeral = (): Ephemeral => ephemeralOf(generateKeyPairSync('x25519').privateKey);

/** The ephemeral of a given X25519 key. */
export function ephemeralOf(privateKey: KeyObject): Ephemeral {
  const { x = '' } = privateKey.export({ format: 'jwk' });
  return {
    share: x,
    agree(theirs) {
      const agreed = multiply(privateKey, theirs);
      return agreed === null ? null : hsalsa20(agreed);
    },
  };
}

/** Null for an all-zero product, which OpenSSL refuses and RFC 7748 wants looked at. */
function multiply(privateKey: KeyObject, share: string): Uint8Array | null {
  // A JWK is read ten times faster than DER.
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: share }, format: 'jwk' });
  try {
    const product = diffieHellman({ privateKey, publicKey });
    return product.every((byte) => byte === 0) ? null : product;
  } catch {
    return null;
  }
}

const sigma = Buffer.from('expand 32-byte k', 'latin1');

/** HSalsa20 of a key under a zero nonce. */
function hsalsa20(key: Uint8Array): Uint8Array {
  const out = new Uint32Array(8);
  hsalsa(words(sigma), words(key), new Uint32Array(4), out);
  return new Uint8Array(out.buffer);
}

/** Bytes as words in the machine's own order, at an address that suits words. */
const words = (bytes: Uint8Array): Uint32Array => new Uint32Array(Uint8Array.from(bytes).buffer);
