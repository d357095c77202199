import { dropoutThreshold, philoxStart, philoxSteps } from '../philox.js';
import { type AttributeMaker, fused } from './kernel.js';
import type { Handle } from './library.js';
import type { Pass } from './pass.js';

export const dropoutMask = fused('DropoutMask', {
  onProcessor: ({ pass, attributes }) => [
    pass.run('ConsiliumDropoutMask', [
      pass.integers(dropoutSettings(attributes)),
      pass.constants.scalar(1 / (1 - attributes.rate)),
      pass.constants.integers(attributes.shape),
    ]),
  ],
  chain: ({ pass, attributes, to }) => {
    const { shape, rate } = attributes;
    const kept = drawKept(pass, shape, attributes, to);
    const ones = pass.run('Cast', [kept], [to.type('SrcT', 'bool'), to.type('DstT', 'float')]);
    return [pass.run('Mul', [ones, pass.constants.scalar(1 / (1 - rate))])];
  },
});

interface Dropout {
  readonly rate: number;
  readonly seed: readonly [number, number];
}

/** What our own operations draw a mask from: the threshold, the key, and the upper half of the counter. */
export function dropoutSettings({ rate, seed }: Dropout): readonly number[] {
  const { key, counter } = philoxStart(seed);
  return [dropoutThreshold(rate), ...key, ...counter];
}

/** What dropout keeps, as booleans of the shape: one byte an element. */
export function drawKept(pass: Pass, shape: readonly number[], { rate, seed }: Dropout, to: AttributeMaker): Handle {
  const uniform = pass.run(
    'StatelessRandomUniform',
    [pass.constants.integers(shape), pass.integers(seed)],
    [to.type('dtype', 'float'), to.type('T', 'int32'), to.type('Tseed', 'int32')],
  );
  const threshold = dropoutThreshold(rate) / philoxSteps;
  const kept = pass.run('GreaterEqual', [uniform, pass.constants.scalar(threshold)]);
  pass.free(uniform);
  return kept;
}
