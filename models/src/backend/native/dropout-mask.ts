import { fused } from './kernel.js';

/** How many values a number of `StatelessRandomUniform` can take. */
const uniformSteps = 2 ** 23;

export const dropoutMask = fused('DropoutMask', ({ pass, attributes, to }) => {
  const { shape, rate, seed } = attributes;
  const { integers, scalar } = pass.constants;
  const uniform = pass.run(
    'StatelessRandomUniform',
    [integers(shape), pass.integers(seed)],
    [to.type('dtype', 'float'), to.type('T', 'int32'), to.type('Tseed', 'int32')],
  );
  const kept = pass.run('GreaterEqual', [uniform, scalar(Math.round(rate * uniformSteps) / uniformSteps)]);
  pass.free(uniform);
  const ones = pass.run('Cast', [kept], [to.type('SrcT', 'bool'), to.type('DstT', 'float')]);
  return [pass.run('Mul', [ones, scalar(1 / (1 - rate))])];
});
