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

  it('count a capped site by its share', async () => {
    const settings = settingsOf('fedavg', { maximumShare: 0.5 });
    const given = { samples: [10, 10, 80] };
    const { values } = await federation(settings, [3, 3, 3], layout).round(updates, given);
    expect([...values.subarray(0, 2)]).toEqual([3, 10]);
  });
});
