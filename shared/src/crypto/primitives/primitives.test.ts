import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as browser from './browser.js';
import * as node from './node.js';

const bytes = (length?: number) =>
  fc.uint8Array(length === undefined ? { maxLength: 300 } : { minLength: length, maxLength: length });
const plainly = (value: Uint8Array | null) => value && [...value];
const runs = { numRuns: 40 };

/** Bytes of hex, as RFCs print them. */
const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

describe('the primitives of a page and of Node.js', () => {
  it('have the same names', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  it('hash and derive the same', () => {
    fc.assert(
      fc.property(bytes(), bytes(), fc.string(), fc.integer({ min: 1, max: 80 }), (one, two, info, length) => {
        expect(plainly(browser.sha256(one))).toEqual(plainly(node.sha256(one)));
        expect(plainly(browser.hmacSha256(one, two))).toEqual(plainly(node.hmacSha256(one, two)));
        expect(plainly(browser.hkdfSha256(one, two, info, length))).toEqual(
          plainly(node.hkdfSha256(one, two, info, length)),
        );
      }),
      runs,
    );
  });

  it('stretch a passphrase the same', async () => {
    const salt = new Uint8Array(16).fill(7);
    for (const passphrase of ['', 'pleaseletmein', 'Grüße 🩸']) {
      const [mine, theirs] = [
        await browser.scrypt(passphrase, salt, 1024, 8),
        await node.scrypt(passphrase, salt, 1024, 8),
      ];
      expect(plainly(mine)).toEqual(plainly(theirs));
    }
  });

  it('open what the other sealed, and nothing that was altered', () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), bytes(), bytes(), fc.nat(), (key, nonce, plain, associated, at) => {
        const sealed = node.seal(key, nonce, plain, associated);
        expect(plainly(browser.seal(key, nonce, plain, associated))).toEqual(plainly(sealed));
        const altered = sealed.with(at % sealed.length, (sealed[at % sealed.length] ?? 0) ^ 1);
        for (const { unseal } of [node, browser]) {
          expect(plainly(unseal(key, nonce, sealed, associated))).toEqual(plainly(plain));
          expect(unseal(key, nonce, altered, associated)).toBeNull();
          expect(unseal(key, nonce, sealed, Uint8Array.of(...associated, 1))).toBeNull();
          expect(unseal(key, nonce, sealed.subarray(0, 15), associated)).toBeNull();
        }
      }),
      runs,
    );
  });

  it('sign and verify the same', () => {
    // RFC 8032, section 7.1, test 2.
    const seed = hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
    const publicKey = hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
    const signature = hex(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    const secretKey = Uint8Array.of(...seed, ...publicKey);
    for (const { signEd25519, verifyEd25519 } of [node, browser]) {
      expect(plainly(signEd25519(secretKey, Uint8Array.of(0x72)))).toEqual(plainly(signature));
      expect(verifyEd25519(publicKey, Uint8Array.of(0x72), signature)).toBe(true);
      expect(verifyEd25519(publicKey, Uint8Array.of(0x73), signature)).toBe(false);
      expect(verifyEd25519(publicKey.subarray(1), Uint8Array.of(0x72), signature)).toBe(false);
      expect(verifyEd25519(publicKey, Uint8Array.of(0x72), signature.subarray(1))).toBe(false);
    }
  });

  it('compare bytes, also of different lengths', () => {
    fc.assert(
      fc.property(bytes(), bytes(), (one, two) => {
        const same = Buffer.compare(one, two) === 0;
        for (const { sameBytes } of [node, browser]) {
          expect(sameBytes(one, two)).toBe(same);
          expect(sameBytes(one, Uint8Array.from(one))).toBe(true);
        }
      }),
      runs,
    );
  });

  it('draw as many random bytes as they are asked for', () => {
    for (const { randomBytes } of [node, browser]) {
      expect(randomBytes(16)).toHaveLength(16);
      expect(plainly(randomBytes(16))).not.toEqual(plainly(randomBytes(16)));
    }
  });
});
