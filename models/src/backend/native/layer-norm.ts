import { type Call, fused } from './kernel.js';
import type { Handle } from './library.js';

export const layerNorm = fused('LayerNorm', (call) => {
  const { pass, inputs, shapes, attributes } = call;
  const [rows = 0] = shapes.x;
  const mean = rowMeans(call, inputs.x);
  const centred = pass.run('Sub', [inputs.x, mean]);
  const variance = rowMeans(call, pass.run('Square', [centred]));
  const inverse = pass.run('Rsqrt', [pass.run('AddV2', [variance, pass.constants.scalar(attributes.eps)])]);
  const normalised = pass.run('Mul', [centred, inverse]);
  const y = pass.run('BiasAdd', [pass.run('Mul', [normalised, inputs.gamma]), inputs.beta]);
  const vector = pass.constants.integers([rows]);
  return [y, pass.run('Reshape', [mean, vector]), pass.run('Reshape', [inverse, vector])];
});

/** With h the normalised rows and d = dy·gamma: `dx = (d − mean(d) − h·mean(d·h))·inverse`. */
export const layerNormGradient = fused('LayerNormGradient', (call) => {
  const { pass, inputs, shapes } = call;
  const [rows = 0] = shapes.x;
  const column = pass.constants.integers([rows, 1]);
  const mean = pass.run('Reshape', [inputs.mean, column]);
  const inverse = pass.run('Reshape', [inputs.inverse, column]);
  const h = pass.run('Mul', [pass.run('Sub', [inputs.x, mean]), inverse]);
  const dgamma = pass.run('BiasAddGrad', [pass.run('Mul', [inputs.dy, h])]);
  const dbeta = pass.run('BiasAddGrad', [inputs.dy]);
  const d = pass.run('Mul', [inputs.dy, inputs.gamma]);
  const along = pass.run('Mul', [h, rowMeans(call, pass.run('Mul', [d, h]))]);
  const rest = pass.run('Sub', [pass.run('Sub', [d, rowMeans(call, d)]), along]);
  return [pass.run('Mul', [rest, inverse]), dgamma, dbeta];
});

/** [rows, width] → [rows, 1] */
const rowMeans = ({ pass, to }: Pick<Call<never, unknown>, 'pass' | 'to'>, x: Handle): Handle =>
  pass.run('Mean', [x, pass.constants.integers([1])], [to.flag('keep_dims', true)]);
