import { sha256 } from '@consilium/shared/canonical';
import { type BlobHash, runId, siteId, stepId } from '@consilium/shared/ids';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlobPlace, blobChunkBytes, type Spool, type SpoolClaim } from './blobs.js';

/** A place under test that can be closed and opened again as after a restart. */
export interface TestPlace {
  readonly place: BlobPlace;
  reopen(): Promise<BlobPlace>;
  remove(): Promise<void>;
}

/** Bytes without a pattern that chunks share. */
export function someBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export const owner = {
  site: siteId.parse('north'),
  run: runId.parse('ab'.repeat(16)),
  step: stepId.parse('train:0:3'),
};

export const claimOf = (bytes: Uint8Array, changes: Partial<SpoolClaim> = {}): SpoolClaim => ({
  ...owner,
  hash: sha256(bytes),
  bytes: bytes.length,
  ...changes,
});

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const absent = sha256(Buffer.from('absent'));
const mib = blobChunkBytes;

/** What every `Blobs` and `Spools` must do. */
export function blobsConformance(name: string, make: () => Promise<TestPlace>): void {
  describe(`${name}: blobs and spools`, () => {
    let test: TestPlace;
    let place: BlobPlace;
    beforeEach(async () => {
      test = await make();
      place = test.place;
    });
    afterEach(() => test.remove());

    const reopen = async () => {
      place = await test.reopen();
    };
    const whole = async (hash: BlobHash) => place.blobs.read(hash, 0, await place.blobs.size(hash));

    describe('a blob', () => {
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
        expect(await place.blobs.sweep(new Set([kept, absent]))).toBe(2);
        expect(await Promise.all(hashes.map((hash) => place.blobs.has(hash)))).toEqual([true, false, false]);
        expect(await place.blobs.sweep(new Set([kept]))).toBe(0);
      });
    });

    describe('an upload', () => {
      const bytes = someBytes(2 * mib + 99);
      const send = async (spool: Spool, from = spool.offset, to = bytes.length) => {
        for (let at = from; at < to; at += mib) {
          expect(await spool.write(at, bytes.subarray(at, Math.min(at + mib, to)))).toBe(Math.min(at + mib, to));
        }
      };

      it('becomes a blob', async () => {
        const spool = await place.spools.open(claimOf(bytes));
        expect(spool.offset).toBe(0);
        await send(spool);
        expect(spool.offset).toBe(bytes.length);
        expect(await place.blobs.has(sha256(bytes))).toBe(false);
        expect(await spool.finish()).toBe(sha256(bytes));
        expect(await spool.finish()).toBe(sha256(bytes));
        expect(spool.offset).toBe(bytes.length);
        expect(Buffer.compare(await whole(sha256(bytes)), bytes)).toBe(0);
      });

      it('goes on from its whole chunks after the link was lost', async () => {
        const first = await place.spools.open(claimOf(bytes));
        await first.write(0, bytes.subarray(0, mib + 500));
        const second = await place.spools.open(claimOf(bytes));
        expect(second.offset).toBe(mib);
        await send(second);
        expect(await second.finish()).toBe(sha256(bytes));
        expect(Buffer.compare(await whole(sha256(bytes)), bytes)).toBe(0);
      });

      it('goes on from its whole chunks after a restart', async () => {
        const first = await place.spools.open(claimOf(bytes));
        await first.write(0, bytes.subarray(0, 2 * mib + 50));
        await reopen();
        const second = await place.spools.open(claimOf(bytes));
        expect(second.offset).toBe(2 * mib);
        await send(second);
        expect(await second.finish()).toBe(sha256(bytes));
      });

      it('that was finished is known after a restart, without sending it again', async () => {
        const first = await place.spools.open(claimOf(bytes));
        await send(first);
        await first.finish();
        await reopen();
        const second = await place.spools.open(claimOf(bytes));
        expect(second.offset).toBe(bytes.length);
        expect(await second.write(0, bytes.subarray(0, mib))).toBe(bytes.length);
        expect(await second.finish()).toBe(sha256(bytes));
      });

      it('begins anew when the blob that it became was removed', async () => {
        const first = await place.spools.open(claimOf(bytes));
        await send(first);
        await place.blobs.remove(await first.finish());
        const second = await place.spools.open(claimOf(bytes));
        expect(second.offset).toBe(0);
        await send(second);
        expect(await second.finish()).toBe(sha256(bytes));
      });

      it('of one site tells nothing of the same blob of another', async () => {
        const mine = await place.spools.open(claimOf(bytes));
        await send(mine);
        await mine.finish();
        const theirs = await place.spools.open(claimOf(bytes, { site: siteId.parse('south') }));
        expect(theirs.offset).toBe(0);
        await expect(theirs.finish()).rejects.toEqual(code('CSM-SPOOL-INCOMPLETE'));
        const later = await place.spools.open(claimOf(bytes, { step: stepId.parse('train:0:4') }));
        expect(later.offset).toBe(0);
      });

      it('takes bytes sent again, whole or in part, and calls that do not wait', async () => {
        const spool = await place.spools.open(claimOf(bytes));
        await Promise.all([
          spool.write(0, bytes.subarray(0, mib)),
          spool.write(0, bytes.subarray(0, mib)),
          spool.write(100, bytes.subarray(100, mib + 5)),
          spool.write(mib, bytes.subarray(mib, 2 * mib)),
          spool.write(2 * mib, bytes.subarray(2 * mib)),
        ]);
        expect(await spool.finish()).toBe(sha256(bytes));
      });

      it('refuses a gap, and stays as it was', async () => {
        const spool = await place.spools.open(claimOf(bytes));
        await spool.write(0, bytes.subarray(0, 10));
        await expect(spool.write(11, bytes.subarray(11, 20))).rejects.toEqual(code('CSM-SPOOL-GAP'));
        expect(await spool.write(10, bytes.subarray(10, 20))).toBe(20);
      });

      it('refuses more bytes than were announced, also when it is complete', async () => {
        const spool = await place.spools.open(claimOf(bytes));
        await send(spool);
        await expect(spool.write(bytes.length, Uint8Array.of(1))).rejects.toEqual(code('CSM-SPOOL-OVERRUN'));
        await expect(spool.write(0, new Uint8Array(bytes.length + 1))).rejects.toEqual(code('CSM-SPOOL-OVERRUN'));
        expect(await spool.finish()).toBe(sha256(bytes));
      });

      it('is not done before all bytes are there', async () => {
        const spool = await place.spools.open(claimOf(bytes));
        await send(spool, 0, mib);
        await expect(spool.finish()).rejects.toEqual(code('CSM-SPOOL-INCOMPLETE'));
        await send(spool);
        expect(await spool.finish()).toBe(sha256(bytes));
      });

      it('with another digest than announced is dropped', async () => {
        const altered = bytes.slice();
        altered[mib + 7] = (altered[mib + 7] ?? 0) ^ 1;
        const spool = await place.spools.open(claimOf(bytes));
        await spool.write(0, altered);
        await expect(spool.finish()).rejects.toEqual(code('CSM-SPOOL-DIGEST'));
        await expect(spool.write(0, bytes)).rejects.toEqual(code('CSM-SPOOL-CLOSED'));
        expect(await place.blobs.has(sha256(bytes))).toBe(false);
        expect(await place.blobs.has(sha256(altered))).toBe(false);
        expect(await place.spools.list()).toEqual([]);
        const again = await place.spools.open(claimOf(bytes));
        expect(again.offset).toBe(0);
        await send(again);
        expect(await again.finish()).toBe(sha256(bytes));
      });

      it('is taken over by the newest handle', async () => {
        const older = await place.spools.open(claimOf(bytes));
        await older.write(0, bytes.subarray(0, mib));
        const newer = await place.spools.open(claimOf(bytes));
        await expect(older.write(mib, bytes.subarray(mib))).rejects.toEqual(code('CSM-SPOOL-CLOSED'));
        await expect(older.finish()).rejects.toEqual(code('CSM-SPOOL-CLOSED'));
        await older.discard();
        await send(newer);
        expect(await newer.finish()).toBe(sha256(bytes));
      });

      it('of another blob takes the place of the former', async () => {
        const other = someBytes(mib + 1, 9);
        const former = await place.spools.open(claimOf(bytes));
        await former.write(0, bytes.subarray(0, mib));
        const spool = await place.spools.open(claimOf(other));
        expect(spool.offset).toBe(0);
        await spool.write(0, other);
        expect(await spool.finish()).toBe(sha256(other));
        expect(await place.spools.list()).toEqual([{ ...claimOf(other), finished: true }]);
        expect((await place.spools.open(claimOf(bytes))).offset).toBe(0);
      });

      it('that was given up begins anew', async () => {
        const spool = await place.spools.open(claimOf(bytes));
        await spool.write(0, bytes.subarray(0, mib));
        await spool.discard();
        await spool.discard();
        expect(await place.spools.list()).toEqual([]);
        expect((await place.spools.open(claimOf(bytes))).offset).toBe(0);
      });

      it('is listed, and swept with its run but not its blob', async () => {
        const finished = await place.spools.open(claimOf(bytes));
        await send(finished);
        await finished.finish();
        const elsewhere = claimOf(bytes, { run: runId.parse('cd'.repeat(16)), step: stepId.parse('prepare:cohort:1') });
        const open = await place.spools.open(elsewhere);
        const listed = await place.spools.list();
        expect(listed).toHaveLength(2);
        expect(listed).toContainEqual({ ...claimOf(bytes), finished: true });
        expect(listed).toContainEqual({ ...elsewhere, finished: false });

        expect(await place.spools.sweep(({ run }) => run === owner.run)).toBe(1);
        await expect(open.write(0, bytes.subarray(0, 1))).rejects.toEqual(code('CSM-SPOOL-CLOSED'));
        expect(await place.spools.sweep(() => false)).toBe(1);
        expect(await place.spools.list()).toEqual([]);
        expect(await place.blobs.has(sha256(bytes))).toBe(true);
      });

      it('arrives whole however it is cut, lost and sent again', async () => {
        const step = fc.oneof(
          { weight: 8, arbitrary: fc.record({ back: fc.nat(300_000), length: fc.nat(900_000) }) },
          { weight: 1, arbitrary: fc.constant('reconnect' as const) },
          { weight: 1, arbitrary: fc.constant('restart' as const) },
        );
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
            await place.spools.sweep(() => false);
            let spool = await place.spools.open(claimOf(bytes));
            for (const one of steps) {
              if (one === 'restart' || one === 'reconnect') {
                const whole = Math.floor(spool.offset / mib) * mib;
                if (one === 'restart') await reopen();
                spool = await place.spools.open(claimOf(bytes));
                expect(spool.offset).toBe(whole);
              } else {
                const at = Math.max(0, spool.offset - one.back);
                const end = Math.min(bytes.length, at + one.length);
                expect(await spool.write(at, bytes.subarray(at, end))).toBe(spool.offset);
                expect(spool.offset).toBeGreaterThanOrEqual(end);
              }
            }
            await send(spool);
            expect(await spool.finish()).toBe(sha256(bytes));
          }),
          { numRuns: 15 },
        );
      });
    });
  });
}
