import { type AttributeMaker, fused } from './kernel.js';
import type { Handle } from './library.js';
import type { Pass } from './pass.js';

export const dropoutMask = fused('DropoutMask', ({ pass, attributes, to }) => {
  const { shape, rate } = attributes;
  const kept = drawKept(pass, shape, attributes, to);
  const ones = pass.run('Cast', [kept], [to.type('SrcT', 'bool'), to.type('DstT', 'float')]);
  return [pass.run('Mul', [ones, pass.constants.scalar(1 / (1 - rate))])];
});

/** What dropout keeps, as booleans of the shape: one byte an element. */
export function drawKept(
  pass: Pass,
  shape: readonly number[],
  { rate, seed }: { readonly rate: number; readonly seed: readonly [number, number] },
  to: AttributeMaker,
): Handle {
  const uniform = pass.run(
    'StatelessRandomUniform',
    [pass.constants.integers(shape), pass.integers(seed)],
    [to.type('dtype', 'float'), to.type('T', 'int32'), to.type('Tseed', 'int32')],
  );
  const threshold = Math.round(rate * uniformSteps) / uniformSteps;
  const kept = pass.run('GreaterEqual', [uniform, pass.constants.scalar(threshold)]);
  pass.free(uniform);
  return kept;
}

/** How many values a number of `StatelessRandomUniform` can take. */
const uniformSteps = 2 ** 23;
