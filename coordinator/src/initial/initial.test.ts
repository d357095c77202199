import { readRunFile } from '@consilium/shared/contract';
import { decodeWeights } from '@consilium/shared/weights';
import { describe, expect, it } from 'vitest';
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
    const first = await made({ ...wanted, earlier: [] });
    expect(decodeWeights(first.model).metadata).toMatchObject({ family: 'attention-aml' });
    expect(first.frozen).toHaveLength(0);
    expect(await made({ ...wanted, earlier: [] })).toEqual(first);
  });

  it('are those of the stage before where it has them, whatever pieces its files come in', async () => {
    const drawn = await made({ ...wanted, seed: 8, earlier: [] });
    const pieces = async function* () {
      for (let at = 0; at < drawn.model.length; at += 1000) yield drawn.model.subarray(at, at + 1000);
    };
    const file = { bytes: drawn.model.length, pieces };
    expect((await made({ ...wanted, earlier: [file] })).model).toEqual(drawn.model);
  });

  it('are refused by the code of the family', async () => {
    await expect(made({ ...wanted, stage: 'head', earlier: [] })).rejects.toMatchObject({ code: 'CSM-MODEL-STAGE' });
    await expect(made({ ...wanted, options: { depth: 3 }, earlier: [] })).rejects.toMatchObject({
      code: 'CSM-MODEL-OPTIONS',
    });
  });
});

describe('a run file, asked of the models', () => {
  it('passes without a warning where there is nothing to say', async () => {
    expect(await checkModel(run(), signal)).toEqual([]);
  });

  const images = (options: string, side = 32) =>
    readRunFile(`name: demo
model: { family: vgg19-mhsa, preset: small, classes: [A, B], options: ${options} }
data: { kind: images, label: class, side: ${side}, files: { samples: cells.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`);

  it('is warned of statistics of images that are averaged over sites', async () => {
    expect(await checkModel(images('{ normalisation: batchShared }'), signal)).toEqual([
      expect.stringMatching(/^With normalisation batchShared .* averaged over all sites/),
    ]);
    expect(await checkModel(images('{ normalisation: batchLocal }'), signal)).toEqual([]);
  });

  it('is refused for images that are too small for the network', async () => {
    await expect(checkModel(images('{}', 8), signal)).rejects.toMatchObject({ code: 'CSM-MODEL-OPTIONS' });
  });

  it('is refused for a family, stage or option that there is not', async () => {
    await expect(checkModel(run('stages: [{ name: pretrain }]'), signal)).rejects.toMatchObject({
      code: 'CSM-MODEL-STAGE',
      details: { stage: 'pretrain', known: 'train' },
    });
    const { model } = run();
    const strange = { ...run(), model: { ...model, family: 'other' } };
    await expect(checkModel(strange, signal)).rejects.toMatchObject({ code: 'CSM-MODEL-FAMILY' });
  });
});
