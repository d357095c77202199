import { type BlobHash, siteId } from '@consilium/shared/ids';
import { decodeWeights, encodeHeader, encodeWeights, type Layout, layoutElements } from '@consilium/shared/weights';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Blobs, blobChunkBytes, memoryBlobs } from '../store/index.js';
import { checkUpdate, fold, kernels } from './index.js';
import { foldMovingAverages } from './statistics.js';
import { readForm, type Tile } from './tiles.js';

const metadata = { format: 'consilium-weights-1', family: 'test' };
const layout: Layout = [
  { name: 'dense/kernel', shape: [3] },
  { name: 'bn/moving_variance', shape: [2] },
  { name: 'bn/gamma', shape: [2] },
  { name: 'bn/moving_mean', shape: [2] },
];
/** The variances lie across the first tile's end, their means in the tile after. */
const far: Layout = [
  { name: 'first', shape: [262_000] },
  { name: 'bn/moving_variance', shape: [300] },
  { name: 'second', shape: [262_144] },
  { name: 'bn/moving_mean', shape: [300] },
];
const site = (index: number) => siteId.parse(`hospital-${index}`);
const startAt = (of: Layout, name: string) =>
  of
    .slice(
      0,
      of.findIndex((tensor) => tensor.name === name),
    )
    .reduce((sum, tensor) => sum + layoutElements([tensor]), 0);

const strategy = { name: 'fedavg', normBound: 1e6 } as const;

interface Update {
  readonly samples: number;
  readonly values: Float32Array;
}

async function put(blobs: Blobs, bytes: Uint8Array): Promise<BlobHash> {
  const writer = blobs.writer();
  await writer.append(bytes);
  return (await writer.commit()).hash;
}

/** Folds updates as they arrive, in the order given. */
async function folded(of: Layout, updates: readonly Update[], kernel: 'wasm' | 'js' = 'js', order?: readonly number[]) {
  const { blobs } = memoryBlobs();
  const putModel = (values: Float32Array) => put(blobs, encodeWeights({ layout: of, metadata, values }));
  const base = await putModel(new Float32Array(layoutElements(of)));
  const contributions = await Promise.all(
    updates.map(async ({ samples, values }, index) => ({ site: site(index), samples, hash: await putModel(values) })),
  );
  const arrived = (order ?? [...contributions.keys()]).map((index) => contributions[index]!);
  const result = await fold({ strategy, base, contributions: arrived, blobs, kernel: kernels[kernel]() });
  return { hash: result.hash, values: decodeWeights(await blobs.read(result.hash, 0, result.bytes)).values };
}

const moments = (rows: readonly number[]) => {
  const mean = rows.reduce((sum, row) => sum + row, 0) / rows.length;
  return { mean, variance: rows.reduce((sum, row) => sum + (row - mean) ** 2, 0) / rows.length };
};

describe('moving averages over sites', () => {
  it('are mean and variance of all sites’ rows together, where a mean of variances would be too small', async () => {
    const sites = [
      [1, 2, 3, 4],
      [10, 12],
    ];
    const updates = sites.map((rows) => {
      const { mean, variance } = moments(rows);
      return { samples: rows.length, values: Float32Array.of(7, 7, 7, variance, 1, 9, 9, mean, -mean) };
    });
    const { values } = await folded(layout, updates);
    const pooled = moments(sites.flat());
    expect(values[3]).toBeCloseTo(pooled.variance, 5);
    expect(values[7]).toBeCloseTo(pooled.mean, 6);
    expect(values[8]).toBeCloseTo(-pooled.mean, 6);
    // The weights around them go as ever.
    expect([...values.subarray(0, 3), ...values.subarray(5, 7)]).toEqual([7, 7, 7, 9, 9]);
    expect(pooled.variance).toBeGreaterThan(1.25 * 2);
  });

  it('equal those of the pooled rows to 1e-6, whatever the sites', async () => {
    const row = fc.integer({ min: -100, max: 100 }).map((hundredths) => hundredths / 100);
    const rows = fc.array(fc.array(row, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(rows, async (sites) => {
        const updates = sites.map((own) => {
          const { mean, variance } = moments(own);
          return { samples: own.length, values: Float32Array.of(0, 0, 0, variance, variance, 0, 0, mean, mean) };
        });
        const { values } = await folded(layout, updates);
        const pooled = moments(sites.flat());
        expect(Math.abs(values[7]! - pooled.mean)).toBeLessThan(1e-6);
        expect(Math.abs(values[3]! - pooled.variance)).toBeLessThan(1e-6);
      }),
    );
  });

  it('lose nothing far from 0, where squares of means would drown the variance', async () => {
    const update = (mean: number) => ({ samples: 7, values: Float32Array.of(0, 0, 0, 1, 1, 0, 0, mean, mean) });
    const { values } = await folded(layout, [update(2 ** 23), update(2 ** 23 + 1)]);
    expect(values[3]).toBe(1.25);
  });

  it('have the same bits for any order of arrival and both kernels', async () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    const positive = fc.float({ min: 0, noNaN: true, noDefaultInfinity: true });
    const update = fc.record({
      samples: fc.integer({ min: 1, max: 1e6 }),
      values: fc
        .tuple(fc.array(value, { minLength: 9, maxLength: 9 }), positive, positive)
        .map(([values, a, b]) => Float32Array.from([...values.slice(0, 3), a, b, ...values.slice(5)])),
    });
    const given = fc
      .array(update, { minLength: 1, maxLength: 6 })
      .chain((updates) =>
        fc.tuple(
          fc.constant(updates),
          fc.shuffledSubarray([...updates.keys()], { minLength: updates.length, maxLength: updates.length }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(given, async ([updates, order]) => {
        const first = await folded(layout, updates, 'wasm');
        const second = await folded(layout, updates, 'js', order);
        expect(second.hash).toBe(first.hash);
        expect(first.values.subarray(3, 5).every((variance) => variance >= 0 && Number.isFinite(variance))).toBe(true);
      }),
    );
  });

  it('of a single site stay as they are, to the bit', async () => {
    const values = Float32Array.of(1, 2, 3, 0.1, 3e38, 0, 0, -0.3, 1e-45);
    expect((await folded(layout, [{ samples: 17, values }])).values).toEqual(values);
  });

  it('are found across tiles, and a site without samples does not count', async () => {
    const update = (mean: number, variance: number) => {
      const values = new Float32Array(layoutElements(far)).fill(5);
      values.fill(variance, 262_000, 262_300);
      values.fill(mean, startAt(far, 'bn/moving_mean'));
      return values;
    };
    const updates = [
      { samples: 1, values: update(0, 1) },
      { samples: 0, values: update(1000, 1000) },
      { samples: 3, values: update(4, 2) },
    ];
    const { values } = await folded(far, updates);
    expect(new Set(values.subarray(0, 262_000))).toEqual(new Set([5]));
    // 1/4 · 1 + 3/4 · 2 + 1/4 · 3/4 · 4²
    expect(new Set(values.subarray(262_000, 262_300))).toEqual(new Set([4.75]));
    expect(new Set(values.subarray(startAt(far, 'bn/moving_mean')))).toEqual(new Set([3]));
  });
});

describe('the pass before the fold', () => {
  async function passOver(of: Layout, sites: number, signal?: AbortSignal) {
    const { blobs } = memoryBlobs();
    const values = new Float32Array(layoutElements(of));
    const form = await readForm(blobs, await put(blobs, encodeWeights({ layout: of, metadata, values })));
    const reads: { readonly source: number; readonly offset: number }[] = [];
    let underWay = 0;
    let mostUnderWay = 0;
    const sources = Array.from({ length: sites }, (_, source) => ({
      samples: 5,
      read: async ({ offset, element, elements }: Tile) => {
        reads.push({ source, offset });
        mostUnderWay = Math.max(mostUnderWay, ++underWay);
        await null;
        underWay--;
        return values.slice(element, element + elements);
      },
    }));
    await foldMovingAverages(form, sources, signal);
    return { reads, mostUnderWay };
  }

  it('reads the tiles that hold moving averages alone, site after site', async () => {
    const plain: Layout = [{ name: 'plain', shape: [600_000] }];
    expect((await passOver(plain, 3)).reads).toEqual([]);
    const sparse: Layout = [
      { name: 'plain', shape: [600_000] },
      { name: 'bn/moving_mean', shape: [8] },
      { name: 'bn/moving_variance', shape: [8] },
    ];
    const { reads, mostUnderWay } = await passOver(sparse, 3);
    expect(reads).toEqual([0, 1, 2].map((source) => ({ source, offset: 2 * blobChunkBytes })));
    expect(mostUnderWay).toBe(1);
  });

  it('stops when aborted', async () => {
    await expect(passOver(layout, 2, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });

  it('refuses a model with a mean alone', async () => {
    const lone: Layout = [{ name: 'bn/moving_mean', shape: [2] }];
    await expect(passOver(lone, 2)).rejects.toMatchObject({ code: 'CSM-WEIGHTS-LAYOUT' });
  });
});

describe('an update’s variances', () => {
  async function check(of: Layout, at: number, value: number) {
    const { blobs } = memoryBlobs();
    const values = new Float32Array(layoutElements(of)).fill(1);
    const base = await put(blobs, encodeWeights({ layout: of, metadata, values }));
    values[at] = value;
    const update = await put(blobs, encodeWeights({ layout: of, metadata, values }));
    return checkUpdate({ site: site(0), base, update, blobs, normBound: 1e6 });
  }

  it.each([3, 4])('are refused below 0, naming the tensor alone (value %i)', async (at) => {
    const error = await check(layout, at, -1e-30).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CSM-UPDATE-VARIANCE' });
    expect(error).toHaveProperty('details', { site: 'hospital-0', tensor: 'bn/moving_variance' });
  });

  it('are refused wherever the tensor is cut', async () => {
    const header = encodeHeader(far, metadata).byteLength;
    const cut = (blobChunkBytes - header) / 4;
    expect(cut).toBeGreaterThan(262_000);
    for (const at of [262_000, cut - 1, cut, 262_299]) {
      await expect(check(far, at, -1)).rejects.toMatchObject({ code: 'CSM-UPDATE-VARIANCE' });
    }
    await expect(check(far, 261_999, -1)).resolves.toBeDefined();
    await expect(check(far, 262_300, -1)).resolves.toBeDefined();
  });

  it('may be 0, and a mean below 0', async () => {
    await expect(check(layout, 3, -0)).resolves.toBeDefined();
    await expect(check(layout, 7, -4)).resolves.toBeDefined();
  });
});
