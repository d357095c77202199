import { sample, tf } from '../backend/index.js';
import { crossEntropy, focalLoss, meanSquaredError, oneHotTargets } from '../losses/index.js';
import { type ConformanceCase, operationCase } from './case.js';

const [rows, classes] = [6, 4];
const labels = Int32Array.from({ length: rows }, (_, row) => (row * 3) % classes);
const targets = () => tf.tensor2d(oneHotTargets(labels, classes, null), [rows, classes]);
const as2 = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [rows, classes]);
const logits = () => [tf.mul(sample([rows, classes], 1), 4)];

export const losses: readonly ConformanceCase[] = [
  operationCase('losses', {
    name: 'log of a softmax',
    inputs: logits,
    operation: (z) => tf.logSoftmax(z),
  }),
  operationCase('losses', {
    name: 'cross-entropy',
    inputs: logits,
    operation: (z) => crossEntropy(as2(z), targets()),
    plain: (z) => tf.neg(tf.div(tf.sum(tf.mul(targets(), tf.logSoftmax(z))), rows)),
  }),
  operationCase('losses', {
    name: 'focal',
    inputs: logits,
    operation: (z) => focalLoss(as2(z), targets(), 2),
    plain: (z) => {
      const logP = tf.sum(tf.mul(tf.logSoftmax(z), targets()), -1);
      return tf.mean(tf.mul(tf.neg(logP), tf.square(tf.sub(1, tf.exp(logP)))));
    },
  }),
  operationCase('losses', {
    name: 'bitwise cross-entropy',
    inputs: logits,
    operation: (z) => tf.mean(tf.sub(tf.softplus(z), tf.mul(z, targets()))),
  }),
  operationCase('losses', {
    name: 'squared error',
    inputs: () => [sample([rows, 9], 1)],
    operation: (x) => meanSquaredError(tf.reshape(x, [rows, 9]), tf.reshape(sample([rows, 9], 2), [rows, 9])),
    plain: (x) => tf.mean(tf.square(tf.sub(x, sample([rows, 9], 2)))),
  }),
  operationCase('losses', {
    name: 'contrastive',
    inputs: () => [sample([rows, 8], 1), sample([rows, 8], 2)],
    operation: (left, right) => {
      const unit = (x: tf.Tensor) => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-12)));
      const scores = tf.div(tf.matMul(unit(left), unit(right), false, true), 0.1);
      const positives = tf.eye(rows);
      return tf.neg(tf.mean(tf.sum(tf.mul(positives, tf.sub(scores, tf.logSumExp(scores, 1, true))), 1)));
    },
  }),
];
