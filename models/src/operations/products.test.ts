import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { convolution, dense } from './index.js';

const values = (shape: readonly number[], seed: number) => tf.randomUniform([...shape], -1, 1, 'float32', seed);

const apart = async (a: tf.Tensor, b: tf.Tensor) => (await tf.max(tf.abs(tf.sub(a, b))).data())[0];

describe.each(['cpu', 'wasm'] as const)('products on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(['linear', 'relu'] as const)(
    'a %s dense layer has the values and gradients of its parts',
    async (activation) => {
      const inputs = [values([5, 7], 1), values([7, 3], 2), values([3], 3)] as const;
      const parts = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) => {
        const sum = tf.add(tf.matMul(x, kernel), bias);
        return activation === 'relu' ? tf.relu(sum) : sum;
      };
      const whole = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) =>
        dense(x as tf.Tensor2D, kernel as tf.Tensor2D, bias as tf.Tensor1D, activation);
      expect(await apart(whole(...inputs), parts(...inputs))).toBeLessThan(1e-6);
      const [wanted, got] = [parts, whole].map((f) => tf.grads((...x) => f(x[0]!, x[1]!, x[2]!))([...inputs]));
      for (const [index, gradient] of wanted!.entries()) expect(await apart(got![index]!, gradient)).toBeLessThan(1e-6);
    },
  );

  it.each(['linear', 'relu'] as const)(
    'a %s convolution has the values and gradients of its parts',
    async (activation) => {
      const inputs = [values([2, 6, 5, 3], 1), values([3, 3, 3, 4], 2), values([4], 3)] as const;
      const parts = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) => {
        const sum = tf.add(tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same'), bias);
        return activation === 'relu' ? tf.relu(sum) : sum;
      };
      const whole = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) =>
        convolution(x as tf.Tensor4D, kernel as tf.Tensor4D, bias as tf.Tensor1D, activation);
      expect(await apart(whole(...inputs), parts(...inputs))).toBeLessThan(1e-6);
      const [wanted, got] = [parts, whole].map((f) => tf.grads((...x) => f(x[0]!, x[1]!, x[2]!))([...inputs]));
      for (const [index, gradient] of wanted!.entries()) expect(await apart(got![index]!, gradient)).toBeLessThan(1e-5);
    },
  );
});
