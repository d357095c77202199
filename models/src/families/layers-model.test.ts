import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { stream } from '../layers/index.js';
import { asRows, denseRows, type LabelledSamples } from '../samples/index.js';
import { assignTensors, type Model, readTensors, span, type TensorGroup } from '../training/index.js';
import { blueprintOf, families, familyOf } from './index.js';

type Options = Readonly<Record<string, string | number | boolean>>;
interface Case {
  readonly family: string;
  readonly stage?: string;
  readonly preset?: string;
  readonly options?: Options;
}

const limit = 1e-5;

/** Every tensor at random, so that none of them can be forgotten; what is a variance stays above zero. */
async function shaken(group: TensorGroup, values: Map<string, Float32Array>): Promise<void> {
  const random = stream(5, 'shaken');
  const all = await readTensors(group);
  let offset = 0;
  for (const { name, shape } of group.layout) {
    const end = offset + shape.reduce((product, length) => product * length, 1);
    const own = all.subarray(offset, end).map((value) => {
      const drawn = random.uniform();
      if (name.endsWith('moving_variance')) return 0.5 + drawn;
      return name.endsWith('kernel') || name === 'embedding' ? value : value + drawn - 0.5;
    });
    all.set(own, offset);
    values.set(name, own);
    offset = end;
  }
  assignTensors(group, all);
}

function inputOf({ input }: LabelledSamples): tf.Tensor {
  if (input.kind === 'images')
    return tf.tensor4d(Float32Array.from(input.pixels), [input.rows, input.side, input.side, 3]);
  const rows = asRows(input);
  return tf.tensor2d(denseRows(rows, span(0, rows.rows)), [rows.rows, rows.width]);
}

function plan({ family: name, stage = 'train', preset = 'small', options = {} }: Case) {
  const { blueprint: example, samples } = familyOf(name).example(3);
  const { input, classes } = example;
  return { ...blueprintOf({ family: name, preset, options, input, classes, stage }), samples };
}

async function logitsOf(model: Model, samples: LabelledSamples): Promise<Float32Array> {
  const reader = model.classify!(samples, null);
  const logits = tf.tidy(() => reader.logits(span(0, samples.rows)));
  const values = Float32Array.from(await logits.data());
  tf.dispose(logits);
  reader.dispose();
  return values;
}

/** Through the file that a browser loads. */
async function reloaded(layers: tf.LayersModel): Promise<tf.LayersModel> {
  let kept: tf.io.ModelArtifacts | undefined;
  await layers.save(
    tf.io.withSaveHandler(async (artifacts) => {
      kept = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  layers.dispose();
  if (kept === undefined) throw new TypeError('nothing was saved');
  return tf.loadLayersModel(tf.io.fromMemory(kept));
}

describe('the layers model', () => {
  beforeAll(() => useBackend('wasm'));

  it.each<Case>([
    { family: 'attention-aml' },
    { family: 'attention-aml', options: { attentionMode: 'singleToken' } },
    { family: 'attention-aml', preset: 'paper' },
    { family: 'amu', options: { batchNorm: 'shared' } },
    { family: 'blood-autoencoder', stage: 'head' },
    { family: 'blood-autoencoder', stage: 'head', options: { head: 'transformer' } },
    { family: 'vgg19-mhsa', options: { normalisation: 'none', attention: false, positions: false } },
    { family: 'vgg19-mhsa', options: { normalisation: 'group', attention: true, positions: true } },
    { family: 'vgg19-mhsa', options: { normalisation: 'batchShared', attention: true, positions: false } },
  ])('gives the logits that the model gives: %o', async (given) => {
    const { family, blueprint, samples } = plan(given);
    const model = family.build({ ...blueprint, seed: 3 });
    const values = new Map<string, Float32Array>();
    for (const group of [model.shared, model.frozen]) await shaken(group, values);
    const layers = await reloaded(family.toLayers!(blueprint, values));
    const told = tf.tidy(() => layers.predict(inputOf(samples)) as tf.Tensor);
    const [ours, theirs] = [await logitsOf(model, samples), await told.data()];
    expect(theirs).toHaveLength(ours.length);
    const scale = Math.max(1, ...ours.map(Math.abs));
    expect(new Set(ours).size).toBeGreaterThan(2);
    expect(Math.max(...ours.map((value, at) => Math.abs(value - theirs[at]!))) / scale).toBeLessThan(limit);
    told.dispose();
    layers.dispose();
    model.dispose();
  });

  it.each<Case>([
    { family: 'amu' },
    { family: 'amu', options: { network: 'convolution', batchNorm: 'shared' } },
    { family: 'blood-autoencoder', stage: 'autoencoder' },
    { family: 'blood-autoencoder', stage: 'head', options: { batchNorm: 'local' } },
    { family: 'blood-autoencoder', stage: 'head', options: { head: 'gcn' } },
    { family: 'vgg19-mhsa', options: { normalisation: 'batchLocal' } },
  ])('is refused where no public layers say the same: %o', async (given) => {
    const { family, blueprint } = plan(given);
    const model = family.build({ ...blueprint, seed: 3 });
    const values = new Map<string, Float32Array>();
    for (const group of [model.shared, model.frozen]) await shaken(group, values);
    expect(() => family.toLayers!(blueprint, values)).toThrow(expect.objectContaining({ code: 'CSM-EXPORT-LAYERS' }));
    model.dispose();
  });

  it('is not written for families whose network no public layers are', () => {
    expect(families.filter(({ toLayers }) => toLayers === undefined).map(({ name }) => name)).toEqual(['genbloom']);
  });
});
