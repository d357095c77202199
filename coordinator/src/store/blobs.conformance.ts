import { sha256 } from '@consilium/shared/canonical';
import type { BlobHash } from '@consilium/shared/ids';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobChunkBytes } from './blobs.js';
import { eachPlace, someBytes, type TestPlace } from './place.conformance.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const absent = sha256(Buffer.from('absent'));
const mib = blobChunkBytes;

/** What every `Blobs` must do. */
export function blobsConformance(name: string, make: () => Promise<TestPlace>): void {
  describe(`${name}: a blob`, () => {
    const place = eachPlace(make);
    const { reopen, whole } = place;

    it.each([0, 1, 63, mib - 1, mib, mib + 1, 3 * mib, 3 * mib + 17])('of %i bytes reads back', async (length) => {
      const bytes = someBytes(length);
      const hash = await place.blobs.write(bytes);
      expect(hash).toBe(sha256(bytes));
      expect(await place.blobs.has(hash)).toBe(true);
      expect(await place.blobs.size(hash)).toBe(length);
      expect(Buffer.compare(await whole(hash), bytes)).toBe(0);
      await reopen();
      expect(Buffer.compare(await whole(hash), bytes)).toBe(0);
    });

    it('reads any part, in any order and at once', async () => {
      const bytes = someBytes(2 * mib + 4321);
      const hash = await place.blobs.write(bytes);
      const part = fc
        .tuple(fc.nat(bytes.length), fc.nat(mib + 10))
        .map(([offset, length]) => ({ offset, length: Math.min(length, bytes.length - offset) }));
      await fc.assert(
        fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
          const read = await Promise.all(parts.map(({ offset, length }) => place.blobs.read(hash, offset, length)));
          for (const [index, { offset, length }] of parts.entries()) {
            expect(Buffer.compare(read[index] ?? Buffer.of(1), bytes.subarray(offset, offset + length))).toBe(0);
          }
        }),
        { numRuns: 30 },
      );
    });

    it('gives every reader an array of its own', async () => {
      const bytes = someBytes(mib);
      const hash = await place.blobs.write(bytes);
      for (const [offset, length] of [
        [0, 10],
        [5, mib - 5],
        [0, mib],
        [0, mib],
      ] as const) {
        const read = await place.blobs.read(hash, offset, length);
        expect(read.byteOffset).toBe(0);
        expect(read.buffer.byteLength).toBe(length);
        expect(Buffer.compare(read, bytes.subarray(offset, offset + length))).toBe(0);
        read.fill(0);
      }
    });

    it('outside its bytes is refused', async () => {
      const hash = await place.blobs.write(someBytes(100));
      for (const [offset, length] of [
        [0, 101],
        [100, 1],
        [-1, 1],
        [50, -1],
      ] as const) {
        await expect(place.blobs.read(hash, offset, length)).rejects.toEqual(code('CSM-BLOB-RANGE'));
      }
      expect(await place.blobs.read(hash, 100, 0)).toHaveLength(0);
    });

    it('that is not there is missing', async () => {
      expect(await place.blobs.has(absent)).toBe(false);
      await expect(place.blobs.size(absent)).rejects.toEqual(code('CSM-BLOB-MISSING'));
      await expect(place.blobs.read(absent, 0, 1)).rejects.toEqual(code('CSM-BLOB-MISSING'));
      await place.blobs.remove(absent);
    });

    it('written twice is one, and removed once is gone, also for a reader that had it open', async () => {
      const bytes = someBytes(10);
      const hash = await place.blobs.write(bytes);
      expect(await place.blobs.write(bytes)).toBe(hash);
      await whole(hash);
      await place.blobs.remove(hash);
      expect(await place.blobs.has(hash)).toBe(false);
      await expect(place.blobs.read(hash, 0, 1)).rejects.toEqual(code('CSM-BLOB-MISSING'));
      await place.blobs.write(bytes);
      expect(Buffer.compare(await whole(hash), bytes)).toBe(0);
    });

    it('takes parts of any size, and keeps none of the arrays it was given', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(700_000), { maxLength: 6 }), async (sizes) => {
          const bytes = someBytes(sizes.reduce((sum, size) => sum + size, 0));
          const writer = place.blobs.writer();
          let at = 0;
          for (const size of sizes) {
            const part = bytes.slice(at, at + size);
            await writer.append(part);
            part.fill(0xee);
            at += size;
          }
          expect(await writer.commit()).toEqual({ hash: sha256(bytes), bytes: bytes.length });
          await writer.abort();
          expect(Buffer.compare(await whole(sha256(bytes)), bytes)).toBe(0);
        }),
        { numRuns: 15 },
      );
    });

    it('does not exist before its commit nor after an abort', async () => {
      const bytes = someBytes(10);
      const writer = place.blobs.writer();
      await writer.append(bytes);
      expect(await place.blobs.has(sha256(bytes))).toBe(false);
      await writer.abort();
      await expect(writer.append(bytes)).rejects.toThrow();
      await expect(writer.commit()).rejects.toThrow();
      expect(await place.blobs.has(sha256(bytes))).toBe(false);
    });

    it('is swept unless it is wanted', async () => {
      const hashes = await Promise.all([1, 2, 3].map((seed) => place.blobs.write(someBytes(20, seed))));
      const [kept] = hashes as [BlobHash];
      expect(await place.blobs.sweep(async () => new Set([kept, absent]))).toBe(2);
      expect(await Promise.all(hashes.map((hash) => place.blobs.has(hash)))).toEqual([true, false, false]);
      expect(await place.blobs.sweep(async () => new Set([kept]))).toBe(0);
    });

    it('is not swept when it came while the caller was asked what is wanted', async () => {
      const [before, again, after] = [1, 2, 3].map((seed) => someBytes(20, seed)) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      for (const bytes of [before, again]) await place.blobs.write(bytes);
      const removed = await place.blobs.sweep(async () => {
        for (const bytes of [again, after]) await place.blobs.write(bytes);
        return new Set();
      });
      expect(removed).toBe(1);
      const left = [before, again, after].map((bytes) => place.blobs.has(sha256(bytes)));
      expect(await Promise.all(left)).toEqual([false, true, true]);
    });
  });
}
