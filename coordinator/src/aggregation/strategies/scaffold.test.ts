import type { StrategySettings } from '@consilium/shared/contract';
import { type BlobHash, type SiteId, siteId } from '@consilium/shared/ids';
import { decodeHeader, decodeWeights, encodeWeights, type Layout } from '@consilium/shared/weights';
import { describe, expect, it } from 'vitest';
import { memoryBlobs } from '../../store/index.js';
import { fold, kernels } from '../index.js';
import independent from './scaffold.fixture.json' with { type: 'json' };

const metadata = { format: 'consilium-weights-1' };
const site = (index: number) => siteId.parse(`site-${String.fromCharCode(97 + index)}`);
const { rate: localRate, ...batches } = independent.stage;
const stage = { ...batches, optimizer: { name: 'sgd', rate: localRate, momentum: 0, weightDecay: 0 } } as const;

/** Rounds over blobs in memory, each from what the one before left. */
function federation(
  given: { readonly rate?: number; readonly maximumShare?: number },
  samples: readonly number[],
  start: ArrayLike<number>,
  layout: Layout = [{ name: 'weights', shape: [start.length] }],
) {
  const strategy: StrategySettings = { name: 'scaffold', normBound: 1e6, rate: 1, ...given };
  const round = { stage, samples: new Map<SiteId, number>(samples.map((own, index) => [site(index), own])) };
  const { blobs } = memoryBlobs();
  const put = (values: ArrayLike<number>) =>
    blobs.write(encodeWeights({ layout, metadata, values: Float32Array.from(values) }));
  const whole = async (hash: BlobHash) => blobs.read(hash, 0, await blobs.size(hash));
  let base: BlobHash | undefined;
  let state: BlobHash | null = null;
  return {
    whole,
    async fold(ends: ReadonlyMap<number, ArrayLike<number>>, kernel: 'wasm' | 'js' = 'wasm') {
      base ??= await put(start);
      const contributions = await Promise.all(
        [...ends].map(async ([index, values]) => ({
          site: site(index),
          samples: samples[index]!,
          hash: await put(values),
        })),
      );
      const folded = await fold({
        ...{ strategy, round, base, state, contributions, blobs },
        kernel: kernels[kernel](),
      });
      base = folded.hash;
      state = folded.state;
      const control = await whole(folded.state!);
      return { ...folded, model: decodeWeights(await whole(folded.hash)).values, control, ...decodeWeights(control) };
    },
  };
}

const named = independent.cases.map((one) => {
  const here = one.present.map((sites) => sites.length).join(', ');
  return [`${JSON.stringify(one.settings)}, samples ${one.samples.join(' ')}, ${here} sites`, one] as const;
});

describe.each(named)('scaffold %s', (_, { settings, samples, present, models, controls }) => {
  it.each(['wasm', 'js'] as const)('goes the way of the published formulas, round after round (%s)', async (kernel) => {
    const own = federation(settings, samples, independent.start);
    for (const [index, here] of present.entries()) {
      const ends = new Map(here.map((at) => [at, independent.ends[index]![at]!]));
      const { model, values } = await own.fold(ends, kernel);
      for (const [at, value] of model.entries()) expect(value).toBeCloseTo(models[index]![at]!, 5);
      for (const [at, value] of values.entries()) expect(value).toBeCloseTo(controls[index]![at]!, 4);
    }
  });
});

describe('the strategy scaffold', () => {
  it('gives the same bits for any order of arrival and for both kernels', async () => {
    const { samples } = independent.cases[2]!;
    const ends = (round: number) => independent.ends[round]!.map((values, at) => [at, values] as const);
    const one = federation({}, samples, independent.start);
    const other = federation({}, samples, independent.start);
    for (let round = 0; round < 3; round++) {
      const first = await one.fold(new Map(ends(round)), 'wasm');
      const second = await other.fold(new Map(ends(round).reverse()), 'js');
      expect(second).toEqual(first);
    }
  });

  it('keeps the control variate in the order of the model, tile by tile', async () => {
    const elements = 600_000;
    const start = new Float32Array(elements);
    const end = Float32Array.from(start, (_, at) => at / 1e6);
    const { control } = await federation({}, [16], start).fold(new Map([[0, end]]));
    const { layout } = decodeHeader(control);
    expect(layout.map(({ name }) => name)).toEqual(['control/0', 'control/1', 'control/2']);
    const { values } = decodeWeights(control);
    expect(values.length).toBe(elements);
    for (const at of [1, 262_100, 262_200, elements - 1])
      expect(values[at]).toBeCloseTo(-end[at]! / (2 * localRate), 4);
  });

  it('folds moving averages as those of all rows together', async () => {
    const layout = ['bn/moving_mean', 'bn/moving_variance', 'kernel'].map((name) => ({ name, shape: [1] }));
    const own = federation({ rate: 0.5 }, [30, 10], [0, 1, 0], layout);
    const ends = new Map([
      [0, [0, 1, 4]],
      [1, [4, 1, 0]],
    ]);
    expect([...(await own.fold(ends)).model]).toEqual([1, 4, 1.5]);
  });

  it('ends the run rather than make a model that is not finite', async () => {
    const own = federation({ rate: 1000 }, [16], [0]);
    await expect(own.fold(new Map([[0, [3e38]]]))).rejects.toMatchObject({ code: 'CSM-RUN-DIVERGED' });
  });

  it.each<{ maximumShare?: number }>([{}, { maximumShare: 0.5 }])(
    'takes no gradient from a site that signed no sample: %j',
    async (given) => {
      const own = federation(given, [16, 0], [0]);
      const ends = new Map([
        [0, [1]],
        [1, [5]],
      ]);
      const { model, values } = await own.fold(ends);
      expect([...model, ...values].every(Number.isFinite)).toBe(true);
      expect(values[0]).toBeCloseTo(-(given.maximumShare ?? 1) / (2 * localRate), 5);
    },
  );

  it('keeps nothing infinite of the greatest updates there are', async () => {
    const own = federation({}, [16], [-3e38]);
    const { model, values } = await own.fold(new Map([[0, [3e38]]]));
    expect([...model, ...values].every(Number.isFinite)).toBe(true);
  });
});
