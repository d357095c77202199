import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import { meanSquaredError } from './index.js';
import fixture from './mean-squared-error.fixture.json' with { type: 'json' };

const backends = await numberBackends();

describe.each(backends)('meanSquaredError on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const [x, output] = [() => tf.tensor2d(fixture.x), () => tf.tensor2d(fixture.reconstruction)];

  it('gives the worked example', () => {
    expect(meanSquaredError(output(), x()).dataSync()[0]).toBeCloseTo(fixture.mean, 7);
  });

  it('has the gradient 2(output − target)/n', () => {
    const gradient = tf.grad((given) => meanSquaredError(given as tf.Tensor2D, x()).mul(3))(output());
    const wanted = fixture.reconstruction.map((row, i) => row.map((value, j) => value - fixture.x[i]![j]!));
    expect(gradient.sub(tf.tensor2d(wanted)).abs().max().dataSync()[0]).toBeLessThan(1e-6);
  });
});
