import { type Activation, sample, tf } from '../backend/index.js';
import { batchNorm, convolution, dense, dropoutMask, gelu, layerNorm, softmaxGradient } from '../operations/index.js';
import { type ConformanceCase, operationCase } from './case.js';

const eps = 1e-5;
const as1 = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [x.size]);
const as2 = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [x.shape[0] ?? 1, x.shape[1] ?? 1]);
const as4 = (x: tf.Tensor): tf.Tensor4D =>
  tf.reshape(x, [x.shape[0] ?? 1, x.shape[1] ?? 1, x.shape[2] ?? 1, x.shape[3] ?? 1]);
const activated = (x: tf.Tensor, activation: Activation): tf.Tensor => (activation === 'relu' ? tf.relu(x) : x);

/** `(x − mean) / √(var + eps) · gamma + beta` from plain operations, the statistics along an axis. */
function normalised(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, axis: number): tf.Tensor {
  const { mean, variance } = tf.moments(x, axis, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, eps))), gamma), beta);
}

const activations = ['linear', 'relu'] as const;

const denses = activations.flatMap((activation) =>
  [
    [7, 5, 3],
    [33, 130, 17],
  ].map(([rows = 1, inputs = 1, outputs = 1]) =>
    operationCase('products', {
      name: `dense, ${activation}, ${rows} rows`,
      inputs: () => [sample([rows, inputs], 1), sample([inputs, outputs], 2), sample([outputs], 3)],
      operation: (x, kernel, bias) => dense(as2(x), as2(kernel), as1(bias), activation),
      plain: (x, kernel, bias) => activated(tf.add(tf.matMul(x, kernel), bias), activation),
    }),
  ),
);

const convolutions = activations.flatMap((activation) =>
  [
    [2, 3, 4],
    [3, 32, 16],
  ].map(([batch = 1, inputs = 1, outputs = 1]) =>
    operationCase('convolution', {
      name: `with bias, ${activation}, ${inputs} channels`,
      inputs: () => [sample([batch, 8, 7, inputs], 1), sample([3, 3, inputs, outputs], 2), sample([outputs], 3)],
      operation: (x, kernel, bias) => convolution(as4(x), as4(kernel), as1(bias), activation),
      plain: (x, kernel, bias) => activated(tf.add(tf.conv2d(as4(x), as4(kernel), 1, 'same'), bias), activation),
    }),
  ),
);

/**
 * The operations that may have a fused kernel, against what they mean in plain operations, whose gradients TensorFlow.js forms
 * itself. Sizes that no vector length divides stand beside small ones.
 */
export const operations: readonly ConformanceCase[] = [
  ...denses,
  ...convolutions,
  operationCase('elements', {
    name: 'exact GELU, as one operation',
    inputs: () => [tf.mul(sample([9, 35], 1), 3)],
    operation: (x) => gelu(as2(x)),
    plain: (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))),
  }),
  operationCase('attention', {
    name: 'slope of scaled scores',
    inputs: () => [sample([6, 5, 7], 1), sample([6, 5, 7], 2)],
    operation: (dp, scores) => softmaxGradient(dp, tf.softmax(scores), 0.35),
    plain: (dp, scores) => tf.grad((s) => tf.softmax(tf.mul(s, 0.35)))(tf.div(scores, 0.35), dp),
    differentiable: false,
  }),
  operationCase('normalisation', {
    name: 'of wide layers, as one operation',
    inputs: () => [sample([7, 130], 1), sample([130], 2), sample([130], 3)],
    operation: (x, gamma, beta) => layerNorm(as2(x), as1(gamma), as1(beta), eps),
    plain: (x, gamma, beta) => normalised(x, gamma, beta, -1),
  }),
  operationCase('normalisation', {
    name: 'of a batch, as one operation',
    inputs: () => [sample([45, 19], 1), sample([19], 2), sample([19], 3)],
    operation: (x, gamma, beta) => batchNorm(as2(x), as1(gamma), as1(beta), eps).y,
    plain: (x, gamma, beta) => normalised(x, gamma, beta, 0),
  }),
  operationCase('normalisation', {
    name: 'of a batch, its statistics',
    inputs: () => [sample([45, 19], 1)],
    operation: (x) => {
      const { mean, variance } = batchNorm(as2(x), tf.ones([19]), tf.zeros([19]), eps);
      return tf.stack([mean, variance]);
    },
    plain: (x) => {
      const { mean, variance } = tf.moments(x, 0);
      return tf.stack([mean, variance]);
    },
    differentiable: false,
  }),
  operationCase('random masks', {
    name: 'one mask on every backend',
    inputs: () => [],
    operation: () => dropoutMask([37, 29], 0.3, [11, 12]),
    differentiable: false,
    limit: 1e-7,
  }),
];
