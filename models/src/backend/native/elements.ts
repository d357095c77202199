import { fused } from './kernel.js';
import type { Handle } from './library.js';
import type { Pass } from './pass.js';

export const gelu = fused('Gelu', ({ pass, inputs }) => [pass.run('Mul', [inputs.x, cumulative(pass, inputs.x)])]);

/** `dy·(Φ(x) + x·φ(x))`. */
export const geluGradient = fused('GeluGradient', ({ pass, inputs }) => {
  const { scalar } = pass.constants;
  const exponent = pass.run('Mul', [pass.run('Square', [inputs.x]), scalar(-0.5)]);
  const density = pass.run('Mul', [pass.run('Exp', [exponent]), scalar(1 / Math.sqrt(2 * Math.PI))]);
  const slope = pass.run('AddV2', [cumulative(pass, inputs.x), pass.run('Mul', [inputs.x, density])]);
  return [pass.run('Mul', [inputs.dy, slope])];
});

/** Φ, the distribution function of the standard normal. */
function cumulative(pass: Pass, x: Handle): Handle {
  const { scalar } = pass.constants;
  const error = pass.run('Erf', [pass.run('Mul', [x, scalar(Math.SQRT1_2)])]);
  return pass.run('Mul', [pass.run('AddV2', [error, scalar(1)]), scalar(0.5)]);
}

export const softmaxGradient = fused('SoftmaxGradient', ({ pass, inputs, attributes, to }) => {
  const weighted = pass.run('Mul', [inputs.dp, inputs.p]);
  const total = pass.run('Sum', [weighted, pass.constants.integers([-1])], [to.flag('keep_dims', true)]);
  const slope = pass.run('Sub', [weighted, pass.run('Mul', [inputs.p, total])]);
  return [pass.run('Mul', [slope, pass.constants.scalar(attributes.scale)])];
});
