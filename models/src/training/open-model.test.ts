import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import {
  batchNormParameters,
  batchNormStatistics,
  denseParameters,
  drawWeights,
  type Parameter,
  scoped,
  withScope,
} from '../layers/index.js';
import { assignTensors, openModel, readTensors } from './index.js';

const body = denseParameters('body', 3, 2);
const norm = withScope([...batchNormParameters('norm', 2), ...batchNormStatistics('norm', 2)], 'local');
const old = withScope(denseParameters('old', 2, 2), 'frozen');
const teacher = denseParameters('teacher', 2, 2).map((parameter) => ({ ...parameter, role: 'averaged' }) as const);
const parameters = [...body, ...norm, ...old, ...teacher];

const open = (list: readonly Parameter[] = parameters, stage = 'second') =>
  openModel({ family: 'toy', preset: 'small', stage, parameters: list, seed: 4, network: (weights) => ({ weights }) });

const names = (group: { readonly layout: readonly { readonly name: string }[] }) =>
  group.layout.map(({ name }) => name);

beforeAll(() => useBackend('cpu'));

describe('openModel', () => {
  it('sorts tensors by what becomes of them', () => {
    const model = open();
    expect(names(model.shared)).toEqual(['body/kernel', 'body/bias', 'teacher/kernel', 'teacher/bias']);
    expect(names(model.local)).toEqual(['norm/gamma', 'norm/beta', 'norm/moving_mean', 'norm/moving_variance']);
    expect(names(model.frozen)).toEqual(['old/kernel', 'old/bias']);
    expect(model.trained.map(({ name }) => name)).toEqual(['body/kernel', 'body/bias', 'norm/gamma', 'norm/beta']);
    expect(model.trained.every(({ variable }) => variable.trainable)).toBe(true);
    expect([...model.frozen.variables, model.local.variables[2]!].some(({ trainable }) => trainable)).toBe(false);
    model.dispose();
  });

  it('gives its network the variables that it groups, and frees all of them', async () => {
    const before = tf.memory().numTensors;
    const model = open();
    assignTensors(model.local, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect([...(await model.weights['norm/moving_variance']!.data())]).toEqual([7, 8]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('starts each tensor with the same values whatever its scope', async () => {
    const [shared, frozen] = [open(body), open(withScope(body, 'frozen'))];
    expect(await readTensors(frozen.frozen)).toEqual(await readTensors(shared.shared));
    expect(await readTensors(shared.shared)).toEqual(drawWeights(scoped(parameters, 'shared').slice(0, 2), 4));
    expect(await readTensors(shared.frozen)).toHaveLength(0);
    shared.dispose();
    frozen.dispose();
  });

  it('names the stage in its metadata, unless it is the only one of its run', () => {
    const [second, only] = [open(), open(parameters, 'train')];
    const metadata = { format: 'consilium-weights-1', family: 'toy', preset: 'small' };
    expect(second.metadata).toEqual({ ...metadata, stage: 'second' });
    expect(only.metadata).toEqual(metadata);
    second.dispose();
    only.dispose();
  });

  it('refuses two tensors of one name, and more at a site than can be carried', () => {
    expect(() => open([...body, ...body])).toThrow(RangeError);
    expect(() => open(withScope(denseParameters('wide', 600, 600), 'local'))).toThrow(RangeError);
  });
});
