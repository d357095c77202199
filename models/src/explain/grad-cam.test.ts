import { describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { gradCam } from './index.js';

describe('gradCam', () => {
  it('weighs each channel by its mean gradient and keeps what speaks for the logit', () => {
    // Two channels at four places: their weights are 2 and −1.
    const activations = Float32Array.of(1, 0, 2, 1, 0, 3, 1, 4);
    const gradients = Float32Array.of(4, -4, 0, 0, 4, 0, 0, 0);
    expect([...gradCam({ activations, gradients, channels: 2 })]).toEqual([2, 3, 0, 0]);
  });

  it('is the class activation map of a network that ends in a mean over the image', async () => {
    await useBackend('cpu');
    const [places, channels] = [12, 5];
    const maps = tf.randomNormal<tf.Rank.R2>([places, channels], 0, 1, 'float32', 1);
    const head = tf.randomNormal<tf.Rank.R2>([channels, 1], 0, 1, 'float32', 2);
    const gradients = tf.grad((at) => tf.relu(at.mean(0, true).matMul(head).add(100)))(maps);
    const map = gradCam({
      activations: Float32Array.from(maps.dataSync()),
      gradients: Float32Array.from(gradients.dataSync()),
      channels,
    });
    const wanted = tf.relu(maps.matMul(head)).div(places).dataSync();
    map.forEach((value, place) => {
      expect(value).toBeCloseTo(wanted[place]!, 5);
    });
  });

  it('is 0 everywhere where nothing speaks for the logit', () => {
    const map = gradCam({ activations: Float32Array.of(1, 2), gradients: Float32Array.of(-1, -1), channels: 1 });
    expect([...map]).toEqual([0, 0]);
  });

  it('refuses gradients of another layer', () => {
    const activations = new Float32Array(8);
    expect(() => gradCam({ activations, gradients: new Float32Array(6), channels: 2 })).toThrow(RangeError);
    expect(() => gradCam({ activations, gradients: activations, channels: 3 })).toThrow(RangeError);
  });
});
