import { afterAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, results, sample } from './agreement.js';
import { type BackendInfo, tf, useBackend } from './index.js';
import { startNative } from './native.js';

const native = await startNative();
const rungs = [
  { name: 'wasm', engineName: 'wasm', absent: null },
  { name: 'native', engineName: 'tensorflow', absent: native.running ? null : native.reason },
] as const;

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;
interface Case {
  readonly f: Operation;
  readonly shapes: readonly (readonly number[])[];
}

const as4 = (x: tf.Tensor): tf.Tensor4D =>
  tf.reshape(x, [x.shape[0] ?? 1, x.shape[1] ?? 1, x.shape[2] ?? 1, x.shape[3] ?? 1]);

const gelu: Operation = (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))));

const layerNorm: Operation = (x, scale, shift) => {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), shift);
};

const attention: Operation = (q, k, v) => tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), 0.35)), v);

const tokens = () =>
  tf.tensor2d(
    [
      [0, 3, 3],
      [1, 0, 2],
    ],
    [2, 3],
    'int32',
  );

/** Every operation of the model families, value and gradients. */
const operations: Readonly<Record<string, Case>> = {
  product: {
    f: (a, b) => tf.matMul(a, b),
    shapes: [
      [7, 5],
      [5, 3],
    ],
  },
  'product with the left transposed': {
    f: (a, b) => tf.matMul(a, b, true),
    shapes: [
      [5, 7],
      [5, 3],
    ],
  },
  'product with the right transposed': {
    f: (a, b) => tf.matMul(a, b, false, true),
    shapes: [
      [7, 5],
      [3, 5],
    ],
  },
  'product with both transposed': {
    f: (a, b) => tf.matMul(a, b, true, true),
    shapes: [
      [5, 7],
      [3, 5],
    ],
  },
  'batched product': {
    f: (a, b) => tf.matMul(a, b),
    shapes: [
      [2, 4, 7, 5],
      [2, 4, 5, 3],
    ],
  },
  'attention over heads': {
    f: attention,
    shapes: [
      [2, 4, 6, 8],
      [2, 4, 6, 8],
      [2, 4, 6, 8],
    ],
  },
  softmax: { f: (x) => tf.softmax(x), shapes: [[3, 4, 9]] },
  'log softmax': { f: (x) => tf.logSoftmax(x), shapes: [[5, 7]] },
  relu: { f: (x) => tf.relu(x), shapes: [[5, 7]] },
  GELU: { f: gelu, shapes: [[5, 7]] },
  'tanh and sigmoid': { f: (x) => tf.mul(tf.tanh(x), tf.sigmoid(x)), shapes: [[5, 7]] },
  'layer norm': { f: layerNorm, shapes: [[2, 5, 8], [8], [8]] },
  'gather of an embedding': { f: (table) => tf.gather(table, tokens()), shapes: [[4, 6]] },
  'sum of broadcast biases': { f: (x, b) => tf.add(x, b), shapes: [[2, 3, 5], [5]] },
  'product broadcast along the middle': {
    f: (x, b) => tf.mul(x, b),
    shapes: [
      [2, 3, 5],
      [2, 1, 5],
    ],
  },
  'reshape and transposition': {
    f: (x) => tf.transpose(tf.reshape(x, [2, 3, 4, 2]), [0, 2, 1, 3]),
    shapes: [[2, 3, 8]],
  },
  slice: { f: (x) => tf.slice(x, [0, 1, 2], [2, 2, 3]), shapes: [[2, 4, 6]] },
  tile: { f: (x) => tf.tile(x, [3, 1, 2]), shapes: [[1, 2, 4]] },
  concatenation: {
    f: (a, b) => tf.concat([a, b], 1),
    shapes: [
      [2, 1, 4],
      [2, 3, 4],
    ],
  },
  'stack and unstack': {
    f: (a, b) => tf.unstack(tf.stack([a, b], 1), 0)[1] ?? a,
    shapes: [
      [2, 3],
      [2, 3],
    ],
  },
  'sum, mean and max': {
    f: (x) => tf.add(tf.add(tf.sum(x, 1), tf.mean(x, 1)), tf.max(x, 1)),
    shapes: [[3, 6, 4]],
  },
  'logarithm, power and clip': {
    f: (x) => tf.log(tf.clipByValue(tf.pow(tf.abs(x), tf.scalar(1.5)), 0.01, 0.9)),
    shapes: [[5, 7]],
  },
  'choice by condition': {
    f: (x) => tf.where(tf.greater(sample([5, 7], 9), 0), tf.square(x), tf.neg(x)),
    shapes: [[5, 7]],
  },
  'one-hot cross-entropy': {
    f: (x) => tf.sum(tf.mul(tf.oneHot(tf.tensor1d([2, 0, 1], 'int32'), 4), tf.logSoftmax(x)), -1),
    shapes: [[3, 4]],
  },
  convolution: {
    f: (x, f) => tf.conv2d(as4(x), as4(f), 1, 'same'),
    shapes: [
      [2, 8, 7, 3],
      [3, 3, 3, 4],
    ],
  },
  'strided convolution': {
    f: (x, f) => tf.conv2d(as4(x), as4(f), 2, 'valid'),
    shapes: [
      [2, 9, 8, 3],
      [3, 3, 3, 4],
    ],
  },
  'depthwise convolution': {
    f: (x, f) => tf.depthwiseConv2d(as4(x), as4(f), 1, 'same'),
    shapes: [
      [2, 8, 7, 3],
      [3, 3, 3, 2],
    ],
  },
  'one-dimensional convolution': {
    f: (x, f) => tf.reshape(tf.conv2d(as4(x), as4(f), 1, 'same'), [2, 9, 4]),
    shapes: [
      [2, 1, 9, 3],
      [1, 3, 3, 4],
    ],
  },
  'max pooling': { f: (x) => tf.maxPool(as4(x), 2, 2, 'valid'), shapes: [[2, 8, 6, 3]] },
  'max pooling of negative values': {
    f: (x) => tf.maxPool(as4(tf.sub(x, 2)), 3, 2, 'same'),
    shapes: [[2, 8, 7, 3]],
  },
  'average pooling': { f: (x) => tf.avgPool(as4(x), 2, 2, 'valid'), shapes: [[2, 8, 6, 3]] },
  'batch norm': {
    f: (x, mean, offset, scale) =>
      tf.batchNorm(
        as4(x),
        tf.reshape(mean, [3]),
        tf.tensor1d([0.5, 1, 2]),
        tf.reshape(offset, [3]),
        tf.reshape(scale, [3]),
      ),
    shapes: [[2, 4, 4, 3], [3], [3], [3]],
  },
  einsum: {
    f: (q, k) => tf.einsum('aecd,abcd->acbe', q, k),
    shapes: [
      [2, 5, 3, 4],
      [2, 6, 3, 4],
    ],
  },
};

/** A classifier of two layers trained for some steps; its weights at the end. */
function train(steps: number): tf.Tensor[] {
  const weights = [sample([12, 16], 3), sample([16], 4), sample([16, 4], 5)].map((t) => tf.variable(t));
  const [hidden, bias, out] = weights;
  const x = sample([20, 12], 6);
  const labels = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: 20 }, (_, i) => (i * 7) % 4),
      'int32',
    ),
    4,
  );
  const optimizer = tf.train.adam(0.05);
  for (let step = 0; step < steps; step++) {
    optimizer.minimize(() => {
      const logits = tf.matMul(tf.relu(tf.add(tf.matMul(x, hidden!), bias!)), out!);
      return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), -1)));
    });
  }
  const result = weights.map((weight) => tf.clone(weight));
  optimizer.dispose();
  tf.dispose(weights);
  return result;
}

describe.each(rungs)('the $name backend', ({ name, engineName, absent }) => {
  const use = (): Promise<BackendInfo> => useBackend(name);
  afterAll(() => tf.disposeVariables());

  const test = it.skipIf(absent !== null);
  const because = absent === null ? '' : ` (skipped: ${absent})`;

  test.each(Object.entries(operations))(
    `agrees with cpu, value and gradients, and leaks nothing: %s${because}`,
    async (_, { f, shapes }) => {
      const inputs = () => shapes.map((shape, i) => sample(shape, i + 1));
      await use();
      const { error, leaked } = await compare(engineName, () => [f(...inputs()), ...gradients(f, ...inputs())]);
      expect(error).toBeLessThanOrEqual(agreementLimit);
      expect(leaked).toBe(0);
    },
  );

  test(`takes the same Adam steps as cpu${because}`, async () => {
    await use();
    const { error, leaked } = await compare(engineName, () => train(5));
    expect(error).toBeLessThanOrEqual(1e-4); // five steps divide by square roots of small moments
    expect(leaked).toBe(0);
  });

  test(`gives weights back as they were assigned, and keeps neither array${because}`, async () => {
    await use();
    const values = Float32Array.of(1, 2, 3, 4);
    const weight = tf.variable(tf.zeros([2, 2]));
    const next = tf.tensor(values.slice(), [2, 2]);
    weight.assign(next);
    next.dispose();
    values.fill(9);
    const read = await weight.data();
    expect([...read]).toEqual([1, 2, 3, 4]);
    const doubled = tf.mul(weight, 2);
    expect([...(await doubled.data())]).toEqual([2, 4, 6, 8]);
    tf.dispose([weight, doubled]);
  });
});

describe('the wasm backend', () => {
  it('gives the same bits in two runs', async () => {
    await useBackend('wasm');
    const first = await results(() => train(20));
    const second = await results(() => train(20));
    expect(second).toEqual(first);
  });
});
