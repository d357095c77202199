import { readRunFile, type StrategySettings } from '@consilium/shared/contract';
import { type BlobHash, siteId } from '@consilium/shared/ids';
import { decodeHeader, decodeWeights, encodeWeights, type Layout } from '@consilium/shared/weights';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryBlobs } from '../../store/index.js';
import { fold, kernels } from '../index.js';
import independent from './strategies.fixture.json' with { type: 'json' };

const site = (index: number) => siteId.parse(`site-${String.fromCharCode(97 + index)}`);
const flat = (elements: number): Layout => [{ name: 'weights', shape: [elements] }];
const metadata = { format: 'consilium-weights-1' };

/** Settings as a run file gives them, with what it leaves out filled in. */
function settingsOf(name: string, settings: object = {}): StrategySettings {
  const set = Object.entries(settings).map(([key, value]) => `, ${key}: ${value}`);
  return readRunFile(`name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 }, strategy: { name: ${name}${set.join('')} } }
`).training.strategy;
}

/** Rounds over blobs in memory. Each starts from what the one before left, unless it is given something else. */
function federation(strategy: StrategySettings, start: ArrayLike<number>, of: Layout = flat(start.length)) {
  const { blobs } = memoryBlobs();
  const put = (values: ArrayLike<number>) =>
    blobs.write(encodeWeights({ layout: of, metadata, values: Float32Array.from(values) }));
  const whole = async (hash: BlobHash) => blobs.read(hash, 0, await blobs.size(hash));
  let base: BlobHash | undefined;
  let state: BlobHash | null = null;
  async function round(
    updates: readonly ArrayLike<number>[],
    given: { samples?: readonly number[]; kernel?: 'wasm' | 'js'; order?: readonly number[] } = {},
  ) {
    base ??= await put(start);
    const contributions = await Promise.all(
      updates.map(async (values, index) => ({
        site: site(index),
        samples: given.samples?.[index] ?? 10,
        hash: await put(values),
      })),
    );
    const arrived = (given.order ?? [...contributions.keys()]).map((index) => contributions[index]!);
    const kernel = kernels[given.kernel ?? 'wasm']();
    const folded = await fold({ strategy, base, state, contributions: arrived, blobs, kernel });
    base = folded.hash;
    state = folded.state;
    return { ...folded, values: decodeWeights(await whole(folded.hash)).values };
  }
  return { blobs, round, whole, state: () => state };
}

describe.each(independent.cases.map((one) => [`${one.name} ${JSON.stringify(one.settings)}, ${one.sites} sites`, one]))(
  '%s',
  (_, { name, settings, sites, models }) => {
    it.each(['wasm', 'js'] as const)(
      'goes the way of the published formulas, round after round (%s)',
      async (kernel) => {
        const { round } = federation(settingsOf(name, settings), independent.start);
        for (const [index, expected] of models.entries()) {
          const updates = independent.updates[index]!.slice(0, sites);
          const { values } = await round(updates, { samples: independent.samples, kernel });
          for (const [at, value] of values.entries()) expect(value).toBeCloseTo(expected[at]!, 5);
        }
      },
    );
  },
);

const finite = fc.float({ min: -1e6, max: 1e6, noNaN: true });
/** Updates of some sites to a model of some size; its values repeat a pattern where it is large. */
const drawn = (least: number, most: number) =>
  fc
    .record({ sites: fc.integer({ min: least, max: most }), elements: fc.integer({ min: 1, max: 37 }) })
    .chain(({ sites, elements }) =>
      fc.record({
        start: fc.array(finite, { minLength: elements, maxLength: elements }),
        updates: fc.array(fc.array(finite, { minLength: elements, maxLength: elements }), {
          minLength: sites,
          maxLength: sites,
        }),
        samples: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: sites, maxLength: sites }),
        keys: fc.array(fc.nat(), { minLength: sites, maxLength: sites }),
      }),
    );
const orderOf = (keys: readonly number[]) => [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);

const every: readonly (readonly [string, object])[] = [
  ['fedavg', { clipNorm: 1000, maximumShare: 0.4 }],
  ['fedavgm', { clipNorm: 10 }],
  ['fedadam', {}],
  ['fedyogi', {}],
  ['fedadagrad', {}],
  ['median', {}],
  ['trimmed-mean', { faulty: 2 }],
  ['multi-krum', { faulty: 2 }],
  ['bulyan', { faulty: 1 }],
];

describe.each(every)('%s %j', (name, settings) => {
  it('gives the same bits for any order of arrival and for both kernels, what it keeps too', async () => {
    await fc.assert(
      fc.asyncProperty(drawn(7, 9), async ({ start, updates, samples, keys }) => {
        const one = federation(settingsOf(name, settings), start);
        const other = federation(settingsOf(name, settings), start);
        for (let rounds = 0; rounds < 2; rounds++) {
          const first = await one.round(updates, { samples, kernel: 'wasm' });
          const second = await other.round(updates, { samples, kernel: 'js', order: orderOf(keys) });
          expect(second).toEqual(first);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('a strategy of the server', () => {
  it('keeps one value for each weight under names of its own, tile by tile', async () => {
    const elements = 600_000;
    const { round, whole, state } = federation(settingsOf('fedadam'), new Float32Array(elements));
    await round([new Float32Array(elements).fill(1), new Float32Array(elements).fill(3)]);
    const { layout, metadata: said } = decodeHeader(await whole(state()!));
    expect(layout.map(({ name }) => name)).toEqual(
      [0, 1, 2].flatMap((tile) => [`momentum/${tile}`, `second-moment/${tile}`]),
    );
    expect(said).toEqual({ format: 'consilium-strategy-1' });
    const { values } = decodeWeights(await whole(state()!));
    expect(values.length).toBe(2 * elements);
    expect(values[0]).toBeCloseTo(0.2, 6);
    expect(values.at(-1)).toBeCloseTo(0.04, 6);
    const again = await round([new Float32Array(elements).fill(1), new Float32Array(elements).fill(3)]);
    expect(new Set(again.values).size).toBe(1);
  });

  it('begins anew where nothing was kept', async () => {
    const kept = federation(settingsOf('fedavgm'), [0, 0]);
    const first = await kept.round([[1, 2]]);
    const second = await kept.round([[1, 2]]);
    expect(second.values).not.toEqual(first.values);
    const fresh = federation(settingsOf('fedavgm'), first.values);
    expect((await fresh.round([[1, 2]])).values).toEqual(Float32Array.of(1, 2));
  });

  it('refuses what another strategy kept', async () => {
    const { blobs, round } = federation(settingsOf('fedavgm'), [0, 0]);
    const { hash, state } = await round([[1, 2]]);
    const contributions = [{ site: site(0), samples: 1, hash }];
    const folding = fold({ strategy: settingsOf('fedadam'), base: hash, state, contributions, blobs });
    await expect(folding).rejects.toThrow('of another form');
  });

  it('ends the run rather than make a model that is not finite', async () => {
    const { round } = federation(settingsOf('fedavgm', { rate: 1000 }), [0, 3e38]);
    await expect(round([[0, -3e38]])).rejects.toMatchObject({ code: 'CSM-RUN-DIVERGED' });
  });

  it('keeps nothing infinite of the greatest directions there are', async () => {
    const { round, whole, state } = federation(settingsOf('fedadagrad'), [-3e38]);
    const { values } = await round([[3e38]]);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(decodeWeights(await whole(state()!)).values.every(Number.isFinite)).toBe(true);
  });
});

describe('a mean', () => {
  it('that shortens nothing has the bits of one without a limit', async () => {
    await fc.assert(
      fc.asyncProperty(drawn(1, 6), async ({ start, updates, samples }) => {
        const plain = await federation(settingsOf('fedavg'), start).round(updates, { samples });
        const settings = settingsOf('fedavg', { clipNorm: 1e9 });
        expect(await federation(settings, start).round(updates, { samples })).toEqual(plain);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves no update longer than the limit, however long it came', async () => {
    const { round } = federation(settingsOf('fedavg', { clipNorm: 5 }), [1, 1]);
    const { values } = await round([[1 + 3e6, 1 + 4e6]]);
    expect([...values]).toEqual([4, 5]);
  });

  it('lets no site count more than its share, and all alike where no such shares exist', async () => {
    const samples = [1000, 10, 10];
    const capped = await federation(settingsOf('fedavg', { maximumShare: 0.4 }), [0]).round([[1], [0], [0]], {
      samples,
    });
    expect(capped.values[0]).toBeCloseTo(0.4, 6);
    const alike = await federation(settingsOf('fedavg', { maximumShare: 0.2 }), [0]).round([[1], [0], [0]], {
      samples,
    });
    expect(alike.values[0]).toBeCloseTo(1 / 3, 6);
  });
});

/** One round of a strategy over updates that begin anywhere. */
const once = async (
  name: string,
  settings: object,
  { start, updates, samples }: { start: number[]; updates: number[][]; samples: number[] },
) => (await federation(settingsOf(name, settings), start).round(updates, { samples })).values;
const column = (updates: readonly number[][], at: number) => updates.map((update) => Math.fround(update[at]!));

describe('a strategy that holds out against faulty sites', () => {
  it('takes a median between the least and the greatest value, at half the sites each', async () => {
    await fc.assert(
      fc.asyncProperty(drawn(1, 12), async (given) => {
        for (const [at, value] of (await once('median', {}, given)).entries()) {
          const values = column(given.updates, at);
          const half = given.updates.length / 2;
          expect(values.filter((one) => one <= value).length).toBeGreaterThanOrEqual(half);
          expect(values.filter((one) => one >= value).length).toBeGreaterThanOrEqual(half);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('takes the plain mean where it trims nothing, and the middle where it trims all else', async () => {
    await fc.assert(
      fc.asyncProperty(drawn(1, 9), async (given) => {
        const sites = given.updates.length;
        for (const [at, value] of (await once('trimmed-mean', { faulty: 0 }, given)).entries()) {
          const sum = column(given.updates, at).reduce((total, one) => total + one, 0);
          expect(Math.abs(value - sum / sites)).toBeLessThanOrEqual(0.1);
        }
        if (sites % 2 === 0) return;
        const middle = await once('trimmed-mean', { faulty: (sites - 1) / 2 }, given);
        expect(middle).toEqual(await once('median', {}, given));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['median', {}],
    ['trimmed-mean', { faulty: 2 }],
    ['multi-krum', { faulty: 2 }],
    ['bulyan', { faulty: 2 }],
  ])('stays among the honest sites, whatever two of eleven send: %s', async (name, settings) => {
    await fc.assert(
      fc.asyncProperty(
        drawn(11, 11),
        fc.float({ min: 1000, max: 2 ** 127, noNaN: true }),
        fc.boolean(),
        async ({ start, updates, samples }, size, together) => {
          const honest = updates.slice(0, 9).map((values) => values.map((value) => value / 1e6));
          const lies = [0, 1].map((liar) =>
            start.map((_, at) => ((at + (together ? 0 : liar)) % 2 === 0 ? size : -size)),
          );
          const values = await once(name, settings, { start, updates: [...honest, ...lies], samples });
          for (const [at, value] of values.entries()) {
            const among = column(honest, at);
            expect(value).toBeGreaterThanOrEqual(Math.min(...among) - 1e-6);
            expect(value).toBeLessThanOrEqual(Math.max(...among) + 1e-6);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('is Krum itself where one update is kept: the very update of a site', async () => {
    const updates = [
      [1, 1],
      [1.1, 1],
      [0.9, 1.05],
      [9, 9],
      [1, 0.9],
    ];
    const values = await once(
      'multi-krum',
      { faulty: 1, keep: 1 },
      { start: [0, 0], updates, samples: [1, 1, 1, 1, 1] },
    );
    expect(updates.map((update) => Float32Array.from(update))).toContainEqual(values);
    expect(values).not.toEqual(Float32Array.of(9, 9));
  });

  it.each([
    ['trimmed-mean', { faulty: 1 }, 2],
    ['multi-krum', { faulty: 1 }, 4],
    ['multi-krum', { faulty: 1, keep: 3 }, 5],
    ['bulyan', { faulty: 1 }, 6],
  ])('folds nothing with too few sites: %s %j, %i', async (name, settings, sites) => {
    const { round } = federation(settingsOf(name, settings), [0]);
    await expect(round(Array.from({ length: sites }, (_, index) => [index]))).rejects.toThrow(RangeError);
    const enough = federation(settingsOf(name, settings), [0]);
    const { values } = await enough.round(Array.from({ length: sites + 1 }, (_, index) => [index]));
    expect(values[0]).toBeGreaterThanOrEqual(0);
  });

  it('gives way to the event loop while it measures distances', async () => {
    const { round } = federation(settingsOf('multi-krum', { faulty: 1 }), new Float32Array(1000));
    let turns = 0;
    const count = () => {
      turns++;
      handle = setImmediate(count);
    };
    let handle = setImmediate(count);
    await round(Array.from({ length: 9 }, (_, index) => new Float32Array(1000).fill(index)));
    clearImmediate(handle);
    expect(turns).toBeGreaterThanOrEqual(9);
  });
});

describe('moving averages of a batch normalisation', () => {
  const layout: Layout = [
    { name: 'norm/moving_mean', shape: [1] },
    { name: 'norm/moving_variance', shape: [1] },
    { name: 'weights', shape: [1] },
  ];
  const updates = [
    [0, 1, 1],
    [0, 1, 1],
    [6, 1, 4],
  ];

  it.each([['fedavg'], ['fedavgm'], ['fedadam'], ['fedyogi'], ['fedadagrad']])(
    'are those of all rows together under %s, and no step of the server',
    async (name) => {
      const { values } = await federation(settingsOf(name), [3, 3, 3], layout).round(updates);
      expect([...values.subarray(0, 2)]).toEqual([2, 9]);
    },
  );

  it('are those of the kept sites under multi-krum', async () => {
    const many = [...updates, [1e6, 1e6, 1e6], [0, 1, 1], [0, 1, 1]];
    const given = { samples: [10, 10, 10, 1000, 10, 10] };
    const settings = settingsOf('multi-krum', { faulty: 1, keep: 3 });
    const { values } = await federation(settings, [3, 3, 3], layout).round(many, given);
    expect([...values]).toEqual([0, 1, 1]);
  });

  it.each([
    ['median', {}],
    ['trimmed-mean', { faulty: 1 }],
    ['bulyan', { faulty: 1 }],
  ])('are values like any other under %s', async (name, settings) => {
    const many = [[1e6, 1e6, 1e6], ...Array.from({ length: 6 }, () => [2, 0.5, 1])];
    const { values } = await federation(settingsOf(name, settings), [3, 3, 3], layout).round(many);
    expect([...values]).toEqual([2, 0.5, 1]);
  });

  it('count a capped site by its share', async () => {
    const settings = settingsOf('fedavg', { maximumShare: 0.5 });
    const given = { samples: [10, 10, 80] };
    const { values } = await federation(settings, [3, 3, 3], layout).round(updates, given);
    expect([...values.subarray(0, 2)]).toEqual([3, 10]);
  });
});
