import { randomBytes } from 'node:crypto';
import { sha256 } from '@consilium/shared/canonical';
import { windowBytes } from '@consilium/shared/wire';
import { memorySource, type Sink, type Source } from '@consilium/site-agent/connection';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { cases, soakLimitMs } from '../harness/soak.js';
import {
  createCleanUp,
  createWatch,
  mebibyte,
  memorySink,
  north,
  run,
  startCoordinator,
  startSite,
  state,
  step,
} from '../transport/kit.js';
import { openProxy, poorLine, type TcpProxy } from './proxy.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const size = 6 * mebibyte + 4321;
const bytes = randomBytes(size);
const blob = { run, step, hash: sha256(bytes) };
/** Handshakes, seals, acknowledgements and the websocket's own words: what a link carries besides the blob, a mebibyte or a link. */
const overheadBytes = 16_384;

/** Where a link is cut: somewhere in the transfer, counted in bytes on the wire, in the middle of a frame as likely as not. */
const cuts = fc.array(fc.integer({ min: 1, max: size }), { minLength: 1, maxLength: 3 });

async function scene(more: Parameters<typeof startCoordinator>[1] = {}) {
  const there = await startCoordinator(cleanUp, more);
  const proxy = await openProxy(there.port);
  cleanUp.later(proxy.close);
  return { ...there, proxy, site: startSite(cleanUp, { address: proxy.address }) };
}

/** Cuts the link at each point in turn while the transfer runs. */
async function cutAt(proxy: TcpProxy, direction: 'up' | 'down', points: readonly number[], transfer: Promise<unknown>) {
  let over = false;
  const ended = transfer.finally(() => {
    over = true;
  });
  let cut = 0;
  for (const point of points) {
    await Promise.race([ended, proxy.cutAfter(direction, point).then(() => (cut += 1))]);
    if (over) break;
  }
  await ended;
  return cut;
}

describe('a link that is cut at any byte', () => {
  it(
    'costs an upload at most one window for each cut, and nothing that was acknowledged',
    async () => {
      await fc.assert(
        fc.asyncProperty(cuts, async (points) => {
          const { proxy, site, store } = await scene();
          let acknowledged = 0;
          const source: Source = {
            bytes: size,
            read: async (offset, length) => {
              // Nothing below what was acknowledged is ever read again.
              expect(offset).toBeGreaterThanOrEqual(acknowledged);
              return bytes.subarray(offset, offset + length);
            },
          };
          const onProgress = (done: number) => {
            expect(done).toBeGreaterThanOrEqual(acknowledged);
            acknowledged = done;
          };
          const cut = await cutAt(proxy, 'up', points, site.upload(blob, source, { onProgress }));
          expect(Buffer.compare(store.blobs.all.get(blob.hash)!, bytes)).toBe(0);
          expect(store.writes.reduce((sum, { length }) => sum + length, 0)).toBe(size);
          const overhead = overheadBytes * (size / mebibyte + cut + 1);
          expect(proxy.passed('up')).toBeLessThan(size + cut * windowBytes + overhead);
          await cleanUp.run();
        }),
        cases(12),
      );
    },
    soakLimitMs,
  );

  it(
    'costs a download at most one window for each cut, and nothing that was written',
    async () => {
      await fc.assert(
        fc.asyncProperty(cuts, async (points) => {
          const { proxy, site, store } = await scene();
          store.blobs.put(bytes);
          const whole = memorySink();
          let written = 0;
          const sink: Sink = {
            ...whole,
            async write(offset, part) {
              expect(offset).toBe(written);
              await whole.write(offset, part);
              written += part.length;
            },
          };
          const cut = await cutAt(proxy, 'down', points, site.fetch(blob, sink));
          expect(Buffer.compare(whole.bytes(), bytes)).toBe(0);
          const overhead = overheadBytes * (size / mebibyte + cut + 1);
          expect(proxy.passed('down')).toBeLessThan(size + cut * windowBytes + overhead);
          await cleanUp.run();
        }),
        cases(12),
      );
    },
    soakLimitMs,
  );
});

describe('a link that', () => {
  it('is slow and far, 4 Mbit/s with 150 ms, carries an upload whole on one connection', async () => {
    const { proxy, site, store } = await scene();
    await state(site, 'connected');
    proxy.throttle(poorLine);
    const part = bytes.subarray(0, mebibyte);
    await site.upload({ run, step, hash: sha256(part) }, memorySource(part));
    expect(store.blobs.all.has(sha256(part))).toBe(true);
    expect(proxy.taken()).toBe(1);
  });

  it('stalls in the middle of a frame loses nothing, and goes on with the same connection', async () => {
    const { proxy, site, store } = await scene();
    let release = () => {};
    const source: Source = {
      bytes: size,
      async read(offset, length) {
        if (offset === 2 * mebibyte) {
          release = proxy.stall();
          setTimeout(() => release(), 300);
        }
        return bytes.subarray(offset, offset + length);
      },
    };
    await site.upload(blob, source);
    expect(store.writes.reduce((sum, { length }) => sum + length, 0)).toBe(size);
    expect(proxy.taken()).toBe(1);
  });

  it('is mirrored by a second one that replays every byte lets in the first alone', async () => {
    const refusals = createWatch<string>();
    const { proxy, site, gateway, store } = await (async () => {
      const log = {
        debug() {},
        info() {},
        error() {},
        warn: (entry: object) => refusals.tell(String((entry as { readonly code?: string }).code)),
      };
      const there = await startCoordinator(cleanUp, {}, { log });
      const own = await openProxy(there.port);
      cleanUp.later(own.close);
      own.duplicate(() => {});
      return { ...there, proxy: own, site: startSite(cleanUp, { address: own.address }) };
    })();
    await state(site, 'connected');
    await refusals.until((seen) => seen.length > 0);
    expect(refusals.seen).toEqual(['CSM-HANDSHAKE-SIGNATURE']);
    const part = bytes.subarray(0, 1000);
    await site.upload({ run, step, hash: sha256(part) }, memorySource(part));
    expect([...store.blobs.all.keys()]).toEqual([sha256(part)]);
    expect(gateway.connected()).toEqual([north]);
    expect(proxy.taken()).toBe(1);
  });
});
