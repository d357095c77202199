import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../canonical.js';
import { createIdentity, sign, verify } from '../crypto/index.js';
import { digestFile, encodeSeal, exportSeal, pieceBytesOf, readSeal } from './index.js';

const lead = createIdentity();
const seal = exportSeal.parse({
  format: 'consilium-export-1',
  consortium: 'c'.repeat(32),
  run: 'a'.repeat(32),
  lead: lead.publicKey,
  exportedAt: '2026-01-12T08:30:00.000Z',
  journal: { head: 'f'.repeat(64), records: 12 },
  certificates: [],
  files: { 'README.md': { sha256: 'e'.repeat(64), bytes: 9 } },
});
const sealed = encodeSeal(seal, (domain, bytes) => sign(lead, domain, bytes));
const coded = expect.objectContaining({ code: 'CSM-VERIFY-SEAL' });

describe('the seal of an export', () => {
  it('is read as it was written', () => {
    expect(readSeal(sealed, verify)).toEqual(seal);
  });

  it('does not hold with any bit changed, any byte more or less', () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = sealed.slice();
      altered[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => readSeal(altered, verify)).toThrow(coded);
    }
    expect(() => readSeal(sealed.subarray(0, -1), verify)).toThrow(coded);
    expect(() => readSeal(Buffer.concat([sealed, Buffer.from(' ')]), verify)).toThrow(coded);
  });

  it('is nobody else’s', () => {
    const other = encodeSeal(seal, (domain, bytes) => sign(createIdentity(), domain, bytes));
    expect(() => readSeal(other, verify)).toThrow(coded);
  });

  it('is refused with a code, whatever bytes arrive', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => readSeal(bytes, verify)).toThrow(coded);
      }),
    );
  });
});

describe('the digest of a file', () => {
  const pieceBytes = 16;

  it('is the same however the file is cut into chunks, and tells each piece', async () => {
    const cut = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cut, async (chunks) => {
        const whole = Buffer.concat(chunks);
        const parts = Array.from({ length: Math.ceil(whole.length / pieceBytes) }, (_, index) =>
          sha256(whole.subarray(index * pieceBytes, (index + 1) * pieceBytes)),
        );
        const pieces = parts.length > 1 ? { pieces: { bytes: pieceBytes, sha256: parts } } : {};
        const due = { sha256: sha256(whole), bytes: whole.length, ...pieces };
        expect(await digestFile(chunks, pieceBytes)).toEqual(due);
      }),
    );
  });

  it('has at most 256 pieces, none shorter than 4 KiB', () => {
    for (const bytes of [0, 1, 4096, 4097, 2 ** 20, 2 ** 20 + 1, 800 * 2 ** 20]) {
      expect(Math.ceil(bytes / pieceBytesOf(bytes))).toBeLessThanOrEqual(256);
      expect(pieceBytesOf(bytes) % 4096).toBe(0);
    }
    expect(pieceBytesOf(0)).toBe(4096);
  });
});
