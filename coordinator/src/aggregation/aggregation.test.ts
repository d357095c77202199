import { createHash } from 'node:crypto';
import { sha256 } from '@consilium/shared/canonical';
import { type BlobHash, siteId } from '@consilium/shared/ids';
import { decodeWeights, encodeHeader, encodeWeights, type Layout, layoutElements } from '@consilium/shared/weights';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobChunkBytes as chunkBytes } from '../store/index.js';
import { type AggregationBlobs, checkUpdate, fold, type Kernel, kernels } from './index.js';

/** Worked by hand in federated_statistics.json: 100, 300 and 100 samples. */
const worked = {
  clients: [
    { samples: 100, values: [1, 2] },
    { samples: 300, values: [3, -2] },
    { samples: 100, values: [0, 4] },
  ],
  weightedMean: [2, 0],
};

const strategy = { name: 'fedavg', normBound: 1e6 } as const;
const metadata = { format: 'consilium-weights-1', family: 'test' };
const tiny: Layout = [{ name: 'p', shape: [2] }];
/** Three chunks and a bit; tensors do not end where chunks end. */
const large: Layout = [
  { name: 'first', shape: [300_001] },
  { name: 'second', shape: [250, 1003] },
  { name: 'third', shape: [260_007] },
];

interface Traffic {
  reads: { readonly hash: BlobHash; readonly offset: number; readonly length: number }[];
  underWay: number;
  mostUnderWay: number;
  appended: number[];
  aborted: number;
}

/** Blobs in memory that note what is asked of them. */
function memoryBlobs(onRead: () => void = () => {}) {
  const kept = new Map<BlobHash, Uint8Array>();
  const traffic: Traffic = { reads: [], underWay: 0, mostUnderWay: 0, appended: [], aborted: 0 };
  const put = (bytes: Uint8Array): BlobHash => {
    const hash = sha256(bytes);
    kept.set(hash, bytes);
    return hash;
  };
  const bytesOf = (hash: BlobHash) => kept.get(hash) ?? expect.fail('no such blob');
  const blobs: AggregationBlobs = {
    size: async (hash) => bytesOf(hash).length,
    read: async (hash, offset, length) => {
      onRead();
      traffic.reads.push({ hash, offset, length });
      traffic.mostUnderWay = Math.max(traffic.mostUnderWay, ++traffic.underWay);
      await null;
      traffic.underWay--;
      if (offset + length > bytesOf(hash).length) throw new RangeError('read past the end');
      return bytesOf(hash).slice(offset, offset + length);
    },
    writer: () => {
      const parts: Uint8Array[] = [];
      return {
        append: async (bytes) => {
          traffic.appended.push(bytes.length);
          parts.push(bytes.slice());
        },
        commit: async () => {
          const bytes = new Uint8Array(Buffer.concat(parts));
          return { hash: put(bytes), bytes: bytes.length };
        },
        abort: async () => {
          traffic.aborted++;
        },
      };
    },
  };
  const putModel = (layout: Layout, values: Float32Array) => put(encodeWeights({ layout, metadata, values }));
  return { blobs, put, putModel, traffic, kept, valuesOf: (hash: BlobHash) => decodeWeights(bytesOf(hash)).values };
}

/** Reproducible values in (−1, 1). */
function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}

const site = (name: string) => siteId.parse(name);
const hospital = site('hospital');

/** A model of layout `large` and one update a site, each near it. */
function round(counts: readonly number[], onRead?: () => void) {
  const store = memoryBlobs(onRead);
  const elements = layoutElements(large);
  const base = store.putModel(large, noise(elements, 1));
  const contributions = counts.map((samples, index) => ({
    site: site(`hospital-${index}`),
    samples,
    hash: store.putModel(large, noise(elements, index + 2)),
  }));
  return { ...store, elements, base, contributions };
}

const run = (blobs: AggregationBlobs, base: BlobHash, contributions: Parameters<typeof fold>[0]['contributions']) =>
  fold({ strategy, base, contributions, blobs });

describe('fold', () => {
  it.each(['wasm', 'js'] as const)('gives the worked sample-weighted mean (%s)', async (name) => {
    const { blobs, putModel, valuesOf } = memoryBlobs();
    const contributions = worked.clients.map(({ samples, values }, index) => ({
      site: site(`hospital-${index}`),
      samples,
      hash: putModel(tiny, Float32Array.from(values)),
    }));
    const base = putModel(tiny, new Float32Array(2));
    const folded = await fold({ strategy, base, contributions, blobs, kernel: kernels[name]() });
    const [first, second] = valuesOf(folded.hash);
    expect(first).toBeCloseTo(worked.weightedMean[0]!, 6);
    expect(second).toBeCloseTo(worked.weightedMean[1]!, 6);
    expect(folded.samples).toBe(500);
  });

  it('is the float64 mean in order of site ids, rounded once, under the header of the base', async () => {
    const { blobs, base, contributions, kept, elements, valuesOf } = round([7, 11, 300]);
    const { hash, bytes } = await run(blobs, base, contributions);
    const inputs = contributions.map((contribution) => valuesOf(contribution.hash));
    const expected = Float32Array.from({ length: elements }, (_, i) =>
      inputs.reduce((sum, values, index) => sum + (contributions[index]!.samples / 318) * values[i]!, 0),
    );
    expect(Buffer.compare(Buffer.from(valuesOf(hash).buffer), Buffer.from(expected.buffer))).toBe(0);
    expect(createHash('sha256').update(kept.get(hash)!).digest('hex')).toBe(hash);
    const header = encodeHeader(large, metadata);
    expect(Buffer.compare(kept.get(hash)!.subarray(0, header.length), header)).toBe(0);
    expect(bytes).toBe(header.length + 4 * elements);
  });

  it('gives the same model for any order of arrival and for both kernels', async () => {
    const { blobs, putModel } = memoryBlobs();
    const base = putModel(tiny, new Float32Array(2));
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    const client = fc.record({
      samples: fc.integer({ min: 1, max: 1e6 }),
      values: fc.tuple(value, value),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(client, { minLength: 1, maxLength: 9 }),
        fc.infiniteStream(fc.nat()),
        async (clients, random) => {
          const contributions = clients.map(({ samples, values }, index) => ({
            site: site(`h${index}`),
            samples,
            hash: putModel(tiny, Float32Array.from(values)),
          }));
          const shuffled = contributions
            .map((contribution) => ({ contribution, key: random.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ contribution }) => contribution);
          const first = await fold({ strategy, base, contributions, blobs, kernel: kernels.wasm() });
          const second = await fold({ strategy, base, contributions: shuffled, blobs, kernel: kernels.js() });
          expect(second).toEqual(first);
        },
      ),
    );
  });

  it('orders sites by bytes, not by a language', async () => {
    const { blobs, putModel, traffic } = memoryBlobs();
    const base = putModel(tiny, new Float32Array(2));
    const names = ['b', 'a-b', 'a', 'ab', 'a1', '9'];
    const contributions = names.map((name, index) => ({
      site: site(name),
      samples: 1,
      hash: putModel(tiny, Float32Array.of(index, index)),
    }));
    await run(blobs, base, contributions);
    const order = traffic.reads.slice(1).map(({ hash }) => contributions.find((one) => one.hash === hash)?.site);
    expect(order).toEqual(['9', 'a', 'a-b', 'a1', 'ab', 'b']);
  });

  it('opens each chunk of each update once, one at a time, whatever the number of sites', async () => {
    for (const sites of [2, 9]) {
      const { blobs, base, contributions, traffic, kept } = round(Array.from({ length: sites }, () => 10));
      await run(blobs, base, contributions);
      for (const { hash } of contributions) {
        const chunks = traffic.reads.filter((read) => read.hash === hash);
        const end = kept.get(hash)!.length;
        expect(chunks.map(({ offset }) => offset)).toEqual([0, chunkBytes, 2 * chunkBytes, 3 * chunkBytes]);
        expect(chunks.map(({ offset, length }) => offset + length)).toEqual(
          [1, 2, 3].map((n) => n * chunkBytes).concat(end),
        );
      }
      expect(traffic.reads.filter(({ hash }) => hash === base)).toHaveLength(1);
      expect(traffic.mostUnderWay).toBe(1);
      expect(Math.max(...traffic.appended)).toBeLessThanOrEqual(chunkBytes);
    }
  });

  it('lets the event loop run between tiles', async () => {
    const { blobs, base, contributions } = round([1, 2]);
    let turns = 0;
    const count = () => {
      turns++;
      handle = setImmediate(count);
    };
    let handle = setImmediate(count);
    await run(blobs, base, contributions);
    clearImmediate(handle);
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it('stops when aborted and leaves no blob', async () => {
    const controller = new AbortController();
    let reads = 0;
    const { blobs, base, contributions, traffic, kept } = round([1, 2, 3], () => {
      if (++reads === 6) controller.abort(new Error('the lead stopped the run'));
    });
    const before = kept.size;
    const folding = fold({ strategy, base, contributions, blobs, signal: controller.signal });
    await expect(folding).rejects.toThrow('the lead stopped the run');
    expect(traffic.aborted).toBe(1);
    expect(kept.size).toBe(before);
    expect(reads).toBe(6);
  });

  it('refuses an update of another form, and leaves no blob', async () => {
    const { blobs, base, contributions, putModel, kept } = round([1, 2]);
    const other = { site: site('other'), samples: 1, hash: putModel(tiny, new Float32Array(2)) };
    const before = kept.size;
    await expect(run(blobs, base, [...contributions, other])).rejects.toMatchObject({ code: 'CSM-UPDATE-LAYOUT' });
    expect(kept.size).toBe(before);
  });

  it('refuses no contribution, two of one site, and no sample at all', async () => {
    const { blobs, base, contributions } = round([1]);
    await expect(run(blobs, base, [])).rejects.toThrow(RangeError);
    await expect(run(blobs, base, [contributions[0]!, contributions[0]!])).rejects.toThrow('twice');
    await expect(run(blobs, base, [{ ...contributions[0]!, samples: 0 }])).rejects.toThrow('no training sample');
  });
});

describe.each(['wasm', 'js'] as const)('check of an update (%s)', (name) => {
  const kernel: Kernel = kernels[name]();
  const elements = layoutElements(large);
  const start = noise(elements, 1);

  async function check(update: Uint8Array, normBound = 1e6) {
    const { blobs, put, putModel, traffic } = memoryBlobs();
    const base = putModel(large, start);
    const checked = checkUpdate({ site: hospital, base, update: put(update), blobs, normBound, kernel });
    return { checked, traffic };
  }
  const encode = (values: Float32Array, layout = large) => encodeWeights({ layout, metadata, values });
  const changed = (at: number, value: number) => {
    const values = start.slice();
    values[at] = value;
    return encode(values);
  };

  it('accepts one of the same form and tells its distance from the base', async () => {
    const values = start.slice();
    values[5] = start[5]! + 3;
    values[700_000] = start[700_000]! - 4;
    const { checked, traffic } = await check(encode(values));
    expect((await checked).norm).toBeCloseTo(5, 5);
    expect(Math.max(...traffic.reads.map(({ length }) => length))).toBeLessThanOrEqual(chunkBytes);
    await expect((await check(encode(start), 0)).checked).resolves.toEqual({ norm: 0 });
  });

  it.each([
    [0, NaN, 'first'],
    [300_000, Infinity, 'first'],
    [300_001, -Infinity, 'second'],
    [elements - 1, NaN, 'third'],
  ])('refuses value %i that is %d, naming the tensor alone', async (at, value, tensor) => {
    const { checked } = await check(changed(at, value));
    const error = await checked.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CSM-UPDATE-NOT-FINITE' });
    expect(error).toHaveProperty('details', { site: 'hospital', tensor });
  });

  it('refuses one further from the base than the bound', async () => {
    const update = changed(123_456, start[123_456]! + 10);
    const { checked } = await check(update, 9.99);
    await expect(checked).rejects.toMatchObject({ code: 'CSM-UPDATE-NORM', details: { limit: 9.99 } });
    await expect((await check(update, 10.01)).checked).resolves.toBeDefined();
  });

  it('measures the distance of the largest values there are', async () => {
    const { checked } = await check(encode(new Float32Array(elements).fill(3.4e38)), 1e30);
    await expect(checked).rejects.toMatchObject({ code: 'CSM-UPDATE-NORM' });
  });

  it.each([
    ['a shape', [{ name: 'first', shape: [300_001, 1] }, ...large.slice(1)]],
    ['an order', [large[1]!, large[0]!, large[2]!]],
    ['a name', [{ name: 'fresh', shape: [300_001] }, ...large.slice(1)]],
    ['a tensor more', [...large, { name: 'more', shape: [1] }]],
  ])('refuses %s that is not the model’s', async (_, layout) => {
    const { checked } = await check(encode(new Float32Array(layoutElements(layout)), layout));
    await expect(checked).rejects.toMatchObject({ code: 'CSM-UPDATE-LAYOUT' });
  });

  it('refuses other metadata and a file that is no weights file', async () => {
    const foreign = encodeWeights({ layout: large, metadata: { ...metadata, family: 'tess' }, values: start });
    await expect((await check(foreign)).checked).rejects.toMatchObject({ code: 'CSM-UPDATE-LAYOUT' });
    await expect((await check(new Uint8Array([1]))).checked).rejects.toMatchObject({ code: 'CSM-UPDATE-LAYOUT' });
  });

  it('refuses a file cut short or drawn out', async () => {
    const whole = encode(start);
    for (const bytes of [whole.subarray(0, -4), new Uint8Array(Buffer.concat([whole, Buffer.alloc(4)]))]) {
      const expected = { code: 'CSM-UPDATE-SIZE', details: { bytes: bytes.length, expected: whole.length } };
      await expect((await check(bytes)).checked).rejects.toMatchObject(expected);
    }
  });

  it('refuses a base whose header is larger than a tile', async () => {
    const { blobs, put } = memoryBlobs();
    const bytes = new Uint8Array(3 * chunkBytes).fill(0x20);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(2 * chunkBytes - 8), true);
    const base = put(bytes);
    const checked = checkUpdate({ site: hospital, base, update: base, blobs, normBound: 1, kernel });
    await expect(checked).rejects.toMatchObject({ code: 'CSM-WEIGHTS-HEADER' });
  });

  it('stops when aborted', async () => {
    const { blobs, putModel } = memoryBlobs();
    const base = putModel(large, start);
    const signal = AbortSignal.abort(new Error('enough'));
    const checked = checkUpdate({ site: hospital, base, update: base, blobs, normBound: 1, kernel, signal });
    await expect(checked).rejects.toThrow('enough');
  });
});
