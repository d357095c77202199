import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { results, sample, tf, useBackend } from '../backend/index.js';
import { isRequired, rungOf, webgpuRung } from '../testing/index.js';
import { knownCase, operationCase, topics } from './case.js';
import { conformanceCases, runConformance } from './index.js';
import { runCase } from './run.js';
import { trainingSteps } from './training-steps.js';

const rungs = [await rungOf('wasm'), await rungOf('native'), await webgpuRung()];

describe.each(rungs)('the $choice backend', ({ choice, device, absence }) => {
  if (absence !== null) {
    it.skipIf(!isRequired(choice))(`is here (skipped: ${absence})`, () => {
      throw new Error(`it was required, and it is not here: ${absence}`);
    });
    return;
  }

  beforeAll(() => useBackend(choice, { device }));
  afterAll(() => tf.disposeVariables());

  describe.each(topics)('%s', (topic) => {
    const cases = conformanceCases.filter((candidate) => candidate.topic === topic);
    it.each(cases)('as cpu, and nothing left behind: $name', async (tested) => {
      const { error, leaked, fault } = await runCase(tested, tf.getBackend());
      expect(fault).toBeUndefined();
      expect(error).toBeLessThanOrEqual(tested.limit);
      expect(leaked).toBe(0);
    });
  });
});

describe('the suite', () => {
  it('has a case of every topic, and no two of one name', () => {
    const names = conformanceCases.map(({ topic, name }) => `${topic}: ${name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const topic of topics) expect(conformanceCases.some((tested) => tested.topic === topic)).toBe(true);
  });

  it('tells each case as it ends, and gives all of them', async () => {
    const cases = conformanceCases.filter(({ topic }) => topic === 'pooling');
    const told: string[] = [];
    const done = await runConformance('wasm', { cases, onCase: ({ name }) => told.push(name) });
    expect(done.map(({ name }) => name)).toEqual(cases.map(({ name }) => name));
    expect(told).toEqual(done.map(({ name }) => name));
    expect(done.every(({ passed, leaked, error, limit }) => passed && leaked === 0 && error <= limit)).toBe(true);
  });

  it('finds a wrong value, a wrong shape, a wrong gradient, a leak and a failure, and goes on', async () => {
    const inputs = () => [sample([3, 4], 1)];
    const plain = (x: tf.Tensor) => tf.square(x);
    const options = { inputs, plain };
    const cases = [
      operationCase('elements', { name: 'value', ...options, operation: (x) => tf.add(tf.square(x), 1e-3) }),
      operationCase('elements', { name: 'shape', ...options, operation: (x) => tf.reshape(tf.square(x), [4, 3]) }),
      operationCase('elements', {
        name: 'gradient',
        ...options,
        operation: tf.customGrad((x) => {
          if (!(x instanceof tf.Tensor)) throw new TypeError('a tensor was expected');
          return { value: tf.square(x), gradFunc: (dy: tf.Tensor) => tf.mul(dy, x) };
        }),
      }),
      knownCase('weights', { name: 'leak', compute: async () => tf.zeros([1]).data(), expected: [0] }),
      knownCase('weights', {
        name: 'failure',
        compute: () => Promise.reject(new Error('no kernel\nat all')),
        expected: [0],
      }),
      operationCase('elements', { name: 'right', ...options, operation: plain }),
    ];
    const done = await runConformance('wasm', { cases });
    expect(done.map(({ name, passed }) => [name, passed])).toEqual([
      ['value', false],
      ['shape', false],
      ['gradient', false],
      ['leak', false],
      ['failure', false],
      ['right', true],
    ]);
    expect(done[1]?.error).toBe(Number.POSITIVE_INFINITY);
    expect(done[3]).toMatchObject({ error: 0, leaked: 2 });
    expect(done[4]).toMatchObject({ fault: 'no kernel' });
  });

  it('stops between two cases when aborted', async () => {
    const controller = new AbortController();
    const told: string[] = [];
    const call = runConformance('wasm', {
      signal: controller.signal,
      onCase: ({ name }) => {
        told.push(name);
        controller.abort(new Error('enough'));
      },
    });
    await expect(call).rejects.toThrow('enough');
    expect(told).toHaveLength(1);
  });
});

describe('the wasm backend', () => {
  it('gives the same bits in two runs of a training step', async () => {
    await useBackend('wasm');
    for (const { compute } of trainingSteps) expect(await compute()).toEqual(await compute());
    expect(await results(() => sample([3]))).toEqual(await results(() => sample([3])));
  });
});
