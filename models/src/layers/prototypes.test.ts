import { elementsOf, layoutElements } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { centredTeacher, distilViews } from '../losses/index.js';
import { numberBackends } from '../testing/index.js';
import {
  createVariables,
  drawWeights,
  isTrained,
  prototypeParameters,
  prototypes,
  scoped,
  selfDistillationHead,
  selfDistillationHeadParameters,
  toLength,
} from './index.js';
import fixture from './prototypes.fixture.json' with { type: 'json' };

const backends = await numberBackends();

const largest = (tensor: tf.Tensor) => tensor.abs().max().dataSync()[0]!;
const random = (shape: [number, number], seed: number) => tf.randomNormal<tf.Rank.R2>(shape, 0, 1, 'float32', seed);
const weights = (direction: tf.Tensor, gain: tf.Tensor = tf.ones([direction.shape[1]!])) => ({
  'p/direction': direction,
  'p/gain': gain,
});

describe.each(backends)('prototypes on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('give the worked loss through directions of any length', () => {
    // Along the axes, a row's cosines are its own numbers over its length.
    const axes = tf.eye(fixture.center.length).mul(tf.tensor1d([0.01, 1, 3, 7, 200]));
    const logits = (rows: number[][]) => {
      const x = tf.tensor2d(rows);
      return prototypes(weights(axes), 'p', toLength(x)).mul<tf.Tensor2D>(x.norm('euclidean', 1, true));
    };
    const teacher = centredTeacher(logits(fixture.teacherCls), tf.tensor1d(fixture.center), fixture.teacherTemp);
    const terms = { patients: 1, temperature: fixture.studentTemp };
    expect(distilViews(logits(fixture.studentCls), teacher, terms).dataSync()[0]).toBeCloseTo(fixture.clsLoss, 4);
  });

  it('are cosines times their gain', () => {
    const [x, direction] = [random([3, 4], 1), random([4, 5], 2)];
    const gain = tf.tensor1d([1, 1, 2, 0.5, -1]);
    const columns = toLength(direction.transpose()).transpose();
    const wanted = toLength(x).matMul(columns).mul(gain);
    expect(largest(prototypes(weights(direction, gain), 'p', toLength(x)).sub(wanted))).toBeLessThan(1e-6);
  });

  it('have a gradient that only turns a direction', () => {
    const [x, direction, pull] = [toLength(random([6, 4], 3)), random([4, 5], 4), random([6, 5], 5)];
    const gradient = tf.grad((at) => prototypes(weights(at), 'p', x).mul(pull).sum())(direction);
    const columns = direction.div(direction.norm('euclidean', 0, true));
    const pulled = x.matMul<tf.Tensor2D>(pull, true);
    const wanted = pulled.sub(columns.mul(columns.mul(pulled).sum(0))).div(direction.norm('euclidean', 0, true));
    expect(largest(gradient.sub(wanted))).toBeLessThan(1e-5);
    expect(largest(gradient.mul(direction).sum(0))).toBeLessThan(1e-5);
  });

  it('stay finite where a direction is nothing', () => {
    const [x, direction] = [toLength(random([2, 3], 6)), tf.zeros<tf.Rank.R2>([3, 2])];
    const gradient = tf.grad((at) => prototypes(weights(at), 'p', x).sum())(direction);
    expect(largest(prototypes(weights(direction), 'p', x))).toBe(0);
    expect(gradient.isFinite().all().dataSync()[0]).toBe(1);
  });

  it('are the end of a head whose logits are cosines and whose every trained tensor takes part', () => {
    const shape = { width: 6, hidden: 8, bottleneck: 4, prototypes: 10 };
    const parameters = selfDistillationHeadParameters('h', shape);
    const variables = createVariables(parameters, drawWeights(parameters, 1));
    const named = Object.fromEntries(parameters.map(({ name }, index) => [name, variables[index]!]));
    const trained = variables.filter((_, index) => isTrained(parameters[index]!));
    const x = random([5, 6], 7);
    const logits = () => selfDistillationHead(named, 'h', x);
    expect(logits().shape).toEqual([5, 10]);
    expect(largest(logits())).toBeLessThanOrEqual(1 + 1e-6);
    const { grads } = tf.variableGrads(
      () =>
        logits()
          .mul(random([5, 10], 8))
          .sum(),
      [...trained],
    );
    expect(trained.map(({ name }) => largest(grads[name]!) > 0)).toEqual(trained.map(() => true));
    for (const variable of variables) variable.dispose();
  });
});

describe('the parameters', () => {
  it.each([
    { width: 768, hidden: 2048, bottleneck: 256, prototypes: 4096, count: 7_348_480 },
    { width: 768, hidden: 2048, bottleneck: 256, prototypes: 65_536, count: 23_138_560 },
    { width: 32, hidden: 64, bottleneck: 16, prototypes: 64, count: 8_400 },
  ])('of $prototypes prototypes are $count, all trained but the gain', ({ count, ...shape }) => {
    const parameters = selfDistillationHeadParameters('h', shape);
    expect(layoutElements(parameters)).toBe(count);
    expect(scoped(parameters, 'frozen').map((one) => [one.name, elementsOf(one.shape)])).toEqual([
      ['h/prototypes/gain', shape.prototypes],
    ]);
  });

  it('start as directions at random, each of gain 1', () => {
    const values = drawWeights(prototypeParameters('p', 16, 8), 3);
    const directions = values.subarray(0, 16 * 8);
    expect(new Set(directions).size).toBe(16 * 8);
    expect(Math.max(...directions.map(Math.abs))).toBeLessThanOrEqual(0.04);
    expect([...values.subarray(16 * 8)]).toEqual(new Array(8).fill(1));
  });
});
