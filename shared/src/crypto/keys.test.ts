import { createHash } from 'node:crypto';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../ids.js';
import { createIdentity, fingerprint, identityOf, sign, signedMessage, verify } from './keys.js';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const text = (value: Uint8Array) => Buffer.from(value).toString('base64url');
const raw = (key: string) => new Uint8Array(Buffer.from(key, 'base64url'));

describe('keys', () => {
  it('make the public key of RFC 8032, test 1, from its seed', () => {
    const identity = createIdentity(bytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'));
    expect(raw(identity.publicKey)).toEqual(bytes('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'));
  });

  it('sign byte for byte as tweetnacl does, and verify what it signs', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ minLength: 1, maxLength: 30 }),
        (seed, message, domain) => {
          const identity = createIdentity(seed);
          const reference = text(nacl.sign.detached(signedMessage(domain, message), identity.secretKey));
          expect(sign(identity, domain, message)).toBe(reference);
          expect(verify(identity.publicKey, domain, message, reference)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('sign domain, zero byte and SHA-256 of the bytes', () => {
    const message = Buffer.from('a model');
    const expected = Buffer.concat([Buffer.from('d\0'), createHash('sha256').update(message).digest()]);
    expect(Buffer.from(signedMessage('d', message))).toEqual(expected);
  });

  it('do not verify other bytes, another domain, another key or another signature', () => {
    const identity = createIdentity();
    const message = Buffer.from('a model');
    const signed = sign(identity, 'domain', message);
    const altered = Buffer.from(signed, 'base64url');
    altered[3]! ^= 1;
    expect(verify(identity.publicKey, 'domain', Buffer.from('a modem'), signed)).toBe(false);
    expect(verify(identity.publicKey, 'domain2', message, signed)).toBe(false);
    expect(verify(createIdentity().publicKey, 'domain', message, signed)).toBe(false);
    expect(verify(identity.publicKey, 'domain', message, text(altered))).toBe(false);
  });

  it('are false, not a crash, for texts that are no key or no signature', () => {
    const { publicKey } = createIdentity();
    fc.assert(
      fc.property(fc.string(), fc.string(), (key, signature) => {
        expect(verify(key as PublicKey, 'domain', new Uint8Array(3), signature)).toBe(false);
        expect(verify(publicKey, 'domain', new Uint8Array(3), signature)).toBe(false);
      }),
    );
  });

  it('have one spelling: the same bytes with spare bits set are refused', () => {
    const identity = createIdentity(new Uint8Array(32));
    const last = identity.publicKey.at(-1)!;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const other = (identity.publicKey.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1]) as PublicKey;
    expect(raw(other)).toEqual(raw(identity.publicKey));
    const signed = sign(identity, 'domain', new Uint8Array(1));
    expect(verify(other, 'domain', new Uint8Array(1), signed)).toBe(false);
  });

  it('come back from a stored secret key, and a damaged one is refused', () => {
    const identity = createIdentity();
    expect(identityOf(identity.secretKey)).toEqual(identity);
    const damaged = identity.secretKey.slice();
    damaged[40]! ^= 1;
    expect(() => identityOf(damaged)).toThrow(expect.objectContaining({ code: 'CSM-KEY-FORMAT' }));
    expect(() => identityOf(damaged.subarray(1))).toThrow(expect.objectContaining({ code: 'CSM-KEY-FORMAT' }));
    expect(() => createIdentity(new Uint8Array(31))).toThrow(expect.objectContaining({ code: 'CSM-KEY-FORMAT' }));
  });

  it('have a fingerprint of four groups: base32 of the first 80 bits of the SHA-256', () => {
    // SHA-256 of 32 zero bytes begins 66687aadf862bd776c8f.
    const zero = text(new Uint8Array(32)) as PublicKey;
    expect(fingerprint(zero)).toBe('MZUH-VLPY-MK6X-O3EP');
    expect(() => fingerprint('short' as PublicKey)).toThrow(expect.objectContaining({ code: 'CSM-KEY-FORMAT' }));
  });
});
