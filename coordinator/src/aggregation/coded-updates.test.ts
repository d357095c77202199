import type { StrategySettings } from '@consilium/shared/contract';
import { type BlobHash, siteId } from '@consilium/shared/ids';
import {
  decodeWeights,
  encodeUpdate,
  encodeWeights,
  type Layout,
  layoutElements,
  updateForm,
} from '@consilium/shared/weights';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryBlobs } from '../store/index.js';
import { checkUpdate, fold, type Kernel, kernels, updateBytes } from './index.js';

const metadata = { format: 'consilium-weights-1', family: 'test' };
/** More than a tile of 1 MiB; neither tensors nor blocks end where tiles do. */
const layout: Layout = [
  { name: 'first', shape: [100_001] },
  { name: 'norm/moving_mean', shape: [333] },
  { name: 'norm/moving_variance', shape: [333] },
  { name: 'second', shape: [300, 603] },
];
const elements = layoutElements(layout);
const site = siteId.parse('hospital');

/** Reproducible values in (−scale, scale); variances are above 0. */
function noise(seed: number, scale: number): Float32Array {
  let state = seed;
  const values = Float32Array.from({ length: elements }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state / 2 ** 31) * scale;
  });
  for (let i = 100_334; i < 100_667; i++) values[i] = Math.abs(values[i]!);
  return values;
}

const start = noise(1, 1);
const trainedBy = (index: number): Float32Array => {
  const change = noise(index + 2, 0.01 * (index + 1));
  return start.map((value, i) => (i >= 100_001 && i < 100_667 ? Math.abs(change[i]!) : value + change[i]!));
};

const store = { ...memoryBlobs() };
beforeEach(() => Object.assign(store, memoryBlobs()));
afterEach(() => store.close());
const put = (bytes: Uint8Array) => store.blobs.write(bytes);
const putModel = (values: Float32Array) => put(encodeWeights({ layout, metadata, values }));
const whole = async (hash: BlobHash) => store.blobs.read(hash, 0, await store.blobs.size(hash));

describe.each(['bf16', 'int8'] as const)('updates as %s', (codec) => {
  const form = updateForm({ layout, metadata }, { codec });
  const encode = (trained: Float32Array) => encodeUpdate(form, { base: start, trained, residual: null });
  /** The float32 values that whoever reads it must find. */
  const readOf = (trained: Float32Array) => {
    const { residual } = encode(trained);
    return trained.map((value, i) => value - residual[i]!);
  };

  const strategies: readonly StrategySettings[] = [
    { name: 'fedavg', normBound: 1e6, clipNorm: 2 },
    { name: 'median', normBound: 1e6 },
  ];
  it.each(strategies)('are folded by $name to the bits that their values give as float32', async (strategy) => {
    const base = await putModel(start);
    const trained = [0, 1, 2].map(trainedBy);
    const named = (hashes: readonly BlobHash[]) =>
      hashes.map((hash, index) => ({ site: siteId.parse(`site-${index}`), samples: 10 + index, hash }));
    const sent = named(await Promise.all(trained.map((values) => put(encode(values).file))));
    const plain = named(await Promise.all(trained.map((values) => putModel(readOf(values)))));
    const [wasm, js, expected] = [
      await fold({
        strategy,
        base,
        contributions: sent,
        coding: { codec },
        blobs: store.blobs,
        kernel: kernels.wasm(),
      }),
      await fold({
        strategy,
        base,
        contributions: sent.toReversed(),
        coding: { codec },
        blobs: store.blobs,
        kernel: kernels.js(),
      }),
      await fold({ strategy, base, contributions: plain, blobs: store.blobs }),
    ];
    expect(wasm.hash).toBe(expected.hash);
    expect(js.hash).toBe(expected.hash);
    expect(decodeWeights(await whole(wasm.hash)).metadata).toEqual(metadata);
  });

  describe.each(['wasm', 'js'] as const)('are checked (%s)', (name) => {
    const kernel: Kernel = kernels[name]();
    const check = async (file: Uint8Array, normBound = 1e6) =>
      checkUpdate({
        ...{ site, coding: { codec }, normBound, kernel, blobs: store.blobs },
        ...{ base: await putModel(start), update: await put(file) },
      });

    it('by what is read of them: distance, and its bound', async () => {
      const values = readOf(trainedBy(0));
      const expected = Math.sqrt(values.reduce((sum, value, i) => sum + (value - start[i]!) ** 2, 0));
      const { norm } = await check(encode(trainedBy(0)).file);
      expect(norm / expected).toBeCloseTo(1, 6);
      await expect(check(encode(trainedBy(0)).file, expected / 2)).rejects.toMatchObject({ code: 'CSM-UPDATE-NORM' });
    });

    it('for their one header and size', async () => {
      const { file } = encode(trainedBy(0));
      expect(await updateBytes(store.blobs, await putModel(start), { codec })).toBe(file.length);
      for (const bytes of [file.subarray(0, -1), Buffer.concat([file, Buffer.alloc(1)])]) {
        await expect(check(bytes)).rejects.toMatchObject({ code: 'CSM-UPDATE-SIZE', details: { site } });
      }
      const shouting = Buffer.from(Buffer.from(file).toString('latin1').replace('"first"', '"First"'), 'latin1');
      const asOther = encodeUpdate(updateForm({ layout, metadata }, { codec: codec === 'int8' ? 'bf16' : 'int8' }), {
        ...{ base: start, trained: start, residual: null },
      });
      for (const bytes of [shouting, encodeWeights({ layout, metadata, values: start }), asOther.file, Buffer.of(1)]) {
        await expect(check(bytes)).rejects.toMatchObject({ code: 'CSM-UPDATE-LAYOUT' });
      }
    });

    it('for variances below 0, and values that are not finite', async () => {
      const negative = trainedBy(0);
      negative[100_400] = -1e-6;
      await expect(check(encode(negative).file)).rejects.toMatchObject({ code: 'CSM-UPDATE-VARIANCE' });
      const { file } = encode(trainedBy(0));
      const view = new DataView(file.buffer);
      if (codec === 'bf16') view.setUint16(form.bytes - 2, 0x7f80, true);
      else view.setFloat32(form.tensors[0]!.offset, 3e38, true);
      const tensor = codec === 'bf16' ? 'second' : 'first';
      await expect(check(file)).rejects.toMatchObject({ code: 'CSM-UPDATE-NOT-FINITE', details: { tensor } });
    });
  });
});

it('what no encoder writes is refused by site and tensor', async () => {
  const form = updateForm({ layout, metadata }, { codec: 'int8' });
  const { file } = encodeUpdate(form, { base: start, trained: trainedBy(0), residual: null });
  new DataView(file.buffer).setFloat32(form.tensors[3]!.offset + 260 * 700, -1, true);
  const update = await put(file);
  const checked = checkUpdate({
    ...{ site, coding: { codec: 'int8' }, normBound: 1e6, blobs: store.blobs },
    ...{ base: await putModel(start), update },
  });
  await expect(checked).rejects.toMatchObject({
    code: 'CSM-UPDATE-CODED',
    details: { site: 'hospital', tensor: 'second', problem: 'a scale is negative, infinite or no number' },
  });
});
