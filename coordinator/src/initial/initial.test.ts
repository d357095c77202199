import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { readRunFile } from '@consilium/shared/contract';
import { decodeWeights, encodeWeights } from '@consilium/shared/weights';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkModel, makeInitial } from './index.js';

const { signal } = new AbortController();
const wanted = {
  ...{ family: 'attention-aml', preset: 'small' as const, options: {}, classes: 2, stage: 'train', seed: 7 },
  ...{ input: { kind: 'rows' as const, width: 6 } },
};
const run = (changes = '') =>
  readRunFile(`name: demo
model: { family: attention-aml, preset: small, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
${changes}`);

/** The two files that a child makes. */
async function made(request: Parameters<typeof makeInitial>[0]) {
  const parts = { model: [] as Uint8Array[], frozen: [] as Uint8Array[] };
  const append = (list: Uint8Array[]) => async (bytes: Uint8Array) => void list.push(bytes.slice());
  await makeInitial(request, { model: append(parts.model), frozen: append(parts.frozen) }, signal);
  return { model: Buffer.concat(parts.model), frozen: Buffer.concat(parts.frozen) };
}

describe('the weights that a stage starts from', () => {
  it('are drawn by the seed where there is no stage before', async () => {
    const first = await made({ ...wanted, earlier: [], imported: null });
    expect(decodeWeights(first.model).metadata).toMatchObject({ family: 'attention-aml' });
    expect(first.frozen).toHaveLength(0);
    expect(await made({ ...wanted, earlier: [], imported: null })).toEqual(first);
  });

  it('are those of the stage before where it has them, whatever pieces its files come in', async () => {
    const drawn = await made({ ...wanted, seed: 8, earlier: [], imported: null });
    const pieces = async function* () {
      for (let at = 0; at < drawn.model.length; at += 1000) yield drawn.model.subarray(at, at + 1000);
    };
    const file = { bytes: drawn.model.length, pieces };
    expect((await made({ ...wanted, earlier: [file], imported: null })).model).toEqual(drawn.model);
  });

  it('are imported ones before they are drawn', async () => {
    const values = Float32Array.of(1, 2, 3, 4);
    const layout = [
      { name: 'head/bias', shape: [2] },
      { name: 'norm2/unknown', shape: [2] },
    ];
    const bytes = encodeWeights({ layout, metadata: {}, values });
    const imported = {
      bytes: bytes.length,
      async *pieces() {
        yield bytes;
      },
    };
    const { model } = await made({ ...wanted, earlier: [], imported });
    // The bias of the head is the last tensor.
    expect([...decodeWeights(model).values.slice(-2)]).toEqual([1, 2]);
    await expect(made({ ...wanted, classes: 3, earlier: [], imported })).rejects.toMatchObject({
      code: 'CSM-IMPORT-SHAPE',
      details: { tensor: 'head/bias', given: '[2]', wanted: '[3]' },
    });
  });

  it('are refused by the code of the family', async () => {
    await expect(made({ ...wanted, stage: 'head', earlier: [], imported: null })).rejects.toMatchObject({
      code: 'CSM-MODEL-STAGE',
    });
    await expect(made({ ...wanted, options: { depth: 3 }, earlier: [], imported: null })).rejects.toMatchObject({
      code: 'CSM-MODEL-OPTIONS',
    });
  });
});

describe('a run file, asked of the models', () => {
  it('passes without a warning where there is nothing to say', async () => {
    expect(await checkModel(run(), '.', signal)).toEqual({ warnings: [], imported: null, tensors: Buffer.alloc(0) });
  });

  const images = (options: string, side = 32) =>
    readRunFile(`name: demo
model: { family: vgg19-mhsa, preset: small, classes: [A, B], options: ${options} }
data: { kind: images, label: class, side: ${side}, files: { samples: cells.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`);

  it('is warned of statistics of images that are averaged over sites', async () => {
    const { warnings } = await checkModel(images('{ normalisation: batchShared }'), '.', signal);
    expect(warnings).toEqual([expect.stringMatching(/^With normalisation batchShared .* averaged over all sites/)]);
    expect(await checkModel(images('{ normalisation: batchLocal }'), '.', signal)).toMatchObject({ warnings: [] });
  });

  it('is refused for images that are too small for the network', async () => {
    await expect(checkModel(images('{}', 8), '.', signal)).rejects.toMatchObject({ code: 'CSM-MODEL-OPTIONS' });
  });

  it('is refused for a family, stage or option that there is not', async () => {
    await expect(checkModel(run('stages: [{ name: pretrain }]'), '.', signal)).rejects.toMatchObject({
      code: 'CSM-MODEL-STAGE',
      details: { stage: 'pretrain', known: 'train' },
    });
    const { model } = run();
    const strange = { ...run(), model: { ...model, family: 'other' } };
    await expect(checkModel(strange, '.', signal)).rejects.toMatchObject({ code: 'CSM-MODEL-FAMILY' });
  });
});

describe('a file of earlier weights', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-weights-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const from = (family: string, data: string) =>
    readRunFile(`name: demo
model: { family: ${family}, preset: small, classes: [A, B], weights: { file: old.safetensors } }
data: ${data}
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`);
  const rows = '{ kind: expression-table, label: subtype, files: { features: expression.csv } }';
  const check = (family = 'attention-aml', data = rows) => checkModel(from(family, data), folder, signal);

  it('of the same family gives all that it has, before the sites have said their features', async () => {
    const { model } = await made({ ...wanted, earlier: [], imported: null });
    await writeFile(join(folder, 'old.safetensors'), model);
    const { imported, tensors } = await check();
    expect(imported).toMatchObject({
      sha256: sha256(model),
      sentences: [
        expect.stringMatching(/^18 tensors are taken from old.safetensors: dense1\/kernel, .* and 12 more\.$/),
        'The shape of dense1/kernel is checked when the sites have said their features.',
      ],
    });
    expect(decodeWeights(tensors)).toMatchObject({
      layout: decodeWeights(model).layout,
      values: decodeWeights(model).values,
    });
  });

  it('of PyTorch gives the convolutions of a VGG19, their axes turned', async () => {
    // 1 to 216 as [out, in, height, width].
    const values = Float32Array.from({ length: 216 + 8 }, (_, index) => index + 1);
    const layout = [
      { name: 'features.0.weight', shape: [8, 3, 3, 3] },
      { name: 'features.0.bias', shape: [8] },
    ];
    await writeFile(join(folder, 'old.safetensors'), encodeWeights({ layout, metadata: {}, values }));
    const { imported, tensors } = await check(
      'vgg19-mhsa',
      '{ kind: images, label: class, side: 32, files: { samples: cells.csv } }',
    );
    expect(imported?.sentences[0]).toBe(
      '2 tensors are taken from old.safetensors: block1/conv1/kernel, block1/conv1/bias.',
    );
    const taken = decodeWeights(tensors);
    expect(taken.layout[0]).toEqual({ name: 'block1/conv1/kernel', shape: [3, 3, 3, 8] });
    // Of the top left place, the first input's eight outputs; an output's kernel has 27 values.
    expect([...taken.values.slice(0, 8)]).toEqual([1, 28, 55, 82, 109, 136, 163, 190]);
    expect([...taken.values.slice(-8)]).toEqual([217, 218, 219, 220, 221, 222, 223, 224]);
  });

  const holding = (name: string) =>
    encodeWeights({ layout: [{ name, shape: [1] }], metadata: {}, values: Float32Array.of(1) });
  it.each([
    ['that is not there', null, 'CSM-IMPORT-FILE'],
    ['that is none', Buffer.from('no weights at all'), 'CSM-IMPORT-FILE'],
    ['of another model', holding('conv/kernel'), 'CSM-IMPORT-NOTHING'],
    ['with a tensor of another shape', holding('head/bias'), 'CSM-IMPORT-SHAPE'],
  ])('%s is refused', async (_, bytes, code) => {
    if (bytes !== null) await writeFile(join(folder, 'old.safetensors'), bytes);
    await expect(check()).rejects.toMatchObject({ code });
  });
});
