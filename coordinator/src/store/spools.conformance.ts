import { sha256 } from '@consilium/shared/canonical';
import { runId, siteId, stepId } from '@consilium/shared/ids';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobChunkBytes, type Spool } from './blobs.js';
import { claimOf, eachPlace, owner, someBytes, type TestPlace } from './place.conformance.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const mib = blobChunkBytes;

/** What every `Spools` must do. */
export function spoolsConformance(name: string, make: () => Promise<TestPlace>): void {
  describe(`${name}: an upload`, () => {
    const place = eachPlace(make);
    const { reopen, whole } = place;
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
}
