import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { blur, heatOverlay } from '../images/index.js';
import { stream } from '../layers/index.js';
import { numberBackends } from '../testing/index.js';
import { attentionMap, blurredBaseline, imageGradients } from './index.js';

const backends = await numberBackends();

const [side, channels] = [12, 3];
const random = stream(5);
const image = Float32Array.from({ length: side * side * channels }, () => random.normal());
const sumOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);

describe('attentionMap', () => {
  it('is the mean over heads and queries', () => {
    // Two heads of three tokens; each row sums to 1.
    const weights = Float32Array.of(1, 0, 0, 0.5, 0.5, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0.25, 0.25, 0.5);
    const map = attentionMap(weights, 3);
    [1.75 / 6, 2.75 / 6, 1.5 / 6].forEach((wanted, token) => {
      expect(map[token]).toBeCloseTo(wanted, 6);
    });
    expect(sumOf(map)).toBeCloseTo(1, 6);
  });

  it('refuses weights of another number of tokens', () => {
    expect(() => attentionMap(new Float32Array(18), 4)).toThrow(RangeError);
    expect(() => attentionMap(new Float32Array(3), 3)).toThrow(RangeError);
    expect(() => attentionMap(new Float32Array(0), 3)).toThrow(RangeError);
  });
});

describe('blurredBaseline', () => {
  it('keeps the colours and takes the texture', () => {
    const striped = image.map((_, index) => (index % 3) + (Math.floor(index / 3) % 2 === 0 ? 1 : -1));
    const texture = (values: Float32Array) =>
      sumOf(values.map((value, index) => Math.abs(value - (index % 3)))) / image.length;
    expect(texture(striped)).toBe(1);
    expect(texture(blurredBaseline(striped, side))).toBeLessThan(0.15);
  });
});

describe.each(backends)('imageGradients on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const weights = Float32Array.from({ length: image.length }, () => random.normal());
  const linear = (images: tf.Tensor4D): tf.Tensor1D =>
    images.mul(tf.tensor4d(weights, [1, side, side, channels])).sum([1, 2, 3]);
  const curved = (images: tf.Tensor4D): tf.Tensor1D => {
    const filters = tf.randomNormal<tf.Rank.R4>([3, 3, channels, 4], 0, 0.3, 'float32', 9);
    return tf
      .relu(tf.conv2d(images, filters, 1, 'same'))
      .square()
      .mean([1, 2, 3]);
  };

  it('gives each pixel of a linear output its weight times its way from the blurred copy', async () => {
    const { values, map } = await imageGradients({ output: linear, image, side });
    const baseline = blur(image, { width: side, height: side, channels }, 0.09 * side);
    values.forEach((value, index) => {
      expect(value).toBeCloseTo(weights[index]! * (image[index]! - baseline[index]!), 4);
    });
    map.forEach((value, pixel) => {
      expect(value).toBeCloseTo(Math.max(0, sumOf(values.subarray(pixel * channels, (pixel + 1) * channels))), 5);
    });
  });

  it('adds up to the change, in batches of any size', async () => {
    const whole = await imageGradients({ output: curved, image, side, batchSize: 1000 });
    const parted = await imageGradients({ output: curved, image, side, batchSize: 7 });
    expect(whole.residual).toBeLessThan(0.01 * Math.abs(whole.change));
    expect(parted.change).toBeCloseTo(whole.change, 5);
    parted.values.forEach((value, index) => {
      expect(value).toBeCloseTo(whole.values[index]!, 5);
    });
  });

  it('shows a planted spot, and nothing where nothing matters', async () => {
    const spot = 5 * side + 7;
    const only = (images: tf.Tensor4D): tf.Tensor1D => images.slice([0, 5, 7, 0], [-1, 1, 1, 1]).as1D().mul(3);
    const bright = new Float32Array(image.length);
    bright[spot * channels] = 1;
    const { map } = await imageGradients({ output: only, image: bright, side });
    expect(map.indexOf(Math.max(...map))).toBe(spot);
    expect(map.filter((value) => value > 0)).toHaveLength(1);
    const grey = new Uint8Array(image.length).fill(120);
    const laid = heatOverlay(grey, side, map, side);
    expect(laid.findIndex((value) => value !== 120)).toBe(spot * channels);
  });

  it('leaves no tensor behind, and stops when aborted', async () => {
    const before = tf.memory().numTensors;
    await imageGradients({ output: curved, image, side });
    const controller = new AbortController();
    let calls = 0;
    const output = (images: tf.Tensor4D) => {
      if (++calls === 3) controller.abort(new Error('enough'));
      return curved(images);
    };
    await expect(imageGradients({ output, image, side, signal: controller.signal })).rejects.toThrow('enough');
    expect(calls).toBe(3);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses an image that is no square', async () => {
    await expect(imageGradients({ output: linear, image: image.slice(1), side })).rejects.toThrow(RangeError);
  });
});
