import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

const convolution = (
  image: number[],
  filter: number[],
  strides: number | [number, number],
  pad: 'same' | 'valid' | number,
  dilation: number,
) => tf.conv2d(sample(image) as tf.Tensor4D, sample(filter, 2) as tf.Tensor4D, strides, pad, 'NHWC', dilation);

describe('the convolution', () => {
  it('agrees with cpu for any sizes, strides, padding and dilation', async () => {
    const size = fc.integer({ min: 1, max: 9 });
    const tap = fc.integer({ min: 1, max: 4 });
    const pad = fc.constantFrom('same' as const, 'valid' as const, 1);
    const all = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      height: size,
      width: size,
      inner: size,
      outer: size,
    });
    const kernel = fc.record({ rows: tap, columns: tap, stride: fc.integer({ min: 1, max: 3 }), dilation: tap, pad });
    await fc.assert(
      fc.asyncProperty(all, kernel, async (x, f) => {
        // TensorFlow.js takes neither strides nor padding by number together with dilation.
        const dilation = f.stride === 1 && f.pad !== 1 ? f.dilation : 1;
        const reach = (taps: number) => (taps - 1) * dilation + 1;
        const height = x.height + reach(f.rows);
        const width = x.width + reach(f.columns);
        const { error, leaked } = await compare('wasm', () =>
          convolution(
            [x.batch, height, width, x.inner],
            [f.rows, f.columns, x.inner, x.outer],
            [f.stride, 1],
            f.pad,
            dilation,
          ),
        );
        expect(error).toBeLessThanOrEqual(agreementLimit);
        expect(leaked).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['taps in several groups', [2, 9, 10, 130], [3, 3, 130, 12]],
    ['one tap a group', [1, 6, 6, 400], [3, 3, 400, 9]],
    ['more pixels than one block', [2, 20, 17, 5], [3, 3, 5, 6]],
    ['the pixels as they lie', [2, 9, 7, 20], [1, 1, 20, 6]],
  ])('agrees with cpu, value and gradients: %s', async (_, image, filter) => {
    const { error, leaked } = await compare('wasm', () => [
      convolution(image, filter, 1, 'same', 1),
      ...gradients(
        (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'),
        sample(image),
        sample(filter, 2),
      ),
    ]);
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });
});
