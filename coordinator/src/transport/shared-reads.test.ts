import { sha256 } from '@consilium/shared/canonical';
import { beforeEach, describe, expect, it } from 'vitest';
import { type SharedReads, shareReads } from './shared-reads.js';

const pieceBytes = 2 ** 16;
const blob = new Uint8Array(8 * pieceBytes).map((_, at) => Math.floor(at / pieceBytes));
const hash = sha256(blob);
let given: Uint8Array[];
let failing: boolean;
let reads: SharedReads;

beforeEach(() => {
  given = [];
  failing = false;
  const source = {
    size: async () => blob.length,
    async read(_: string, offset: number, length: number) {
      if (failing) throw new Error('a bad sector');
      const bytes = blob.slice(offset, offset + length);
      given.push(bytes);
      return bytes;
    },
  };
  reads = shareReads(source, 4);
});

const pieceAt = (place: number) => [place * pieceBytes, pieceBytes] as const;
const held = () => given.filter(({ length }) => length > 0).length;

describe('a blob that several fetch', () => {
  it('is read once, and its pieces are gone with the last of them', async () => {
    const sites = Array.from({ length: 5 }, () => reads.open(hash));
    for (let place = 0; place < 8; place++) {
      const seen = await Promise.all(
        sites.map((site) => site.use(...pieceAt(place), (bytes) => [bytes.length, bytes[9]])),
      );
      expect(seen).toEqual(sites.map(() => [pieceBytes, place]));
      expect(held()).toBe(Math.min(4, place + 1));
    }
    expect(given).toHaveLength(8);
    for (const site of sites.slice(1)) site.close();
    sites[1]!.close();
    expect(held()).toBe(4);
    sites[0]!.close();
    await Promise.resolve();
    expect(held()).toBe(0);
  });

  it('is read again by one that is far behind', async () => {
    const [first, second] = [reads.open(hash), reads.open(hash)];
    for (let place = 0; place < 8; place++) await first.use(...pieceAt(place), () => {});
    expect(await second.use(...pieceAt(0), (bytes) => bytes[0])).toBe(0);
    expect(given).toHaveLength(9);
  });

  it('keeps no failure', async () => {
    const site = reads.open(hash);
    failing = true;
    await expect(site.use(...pieceAt(1), () => {})).rejects.toThrow('a bad sector');
    failing = false;
    expect(await site.use(...pieceAt(1), (bytes) => bytes[0])).toBe(1);
  });
});
