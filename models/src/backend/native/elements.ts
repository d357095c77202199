import { fused } from './kernel.js';

/** Hands out y = x·Φ(x), then, as a chain, Φ(x), the distribution function of the standard normal. */
export const gelu = fused('Gelu', {
  onProcessor: ({ pass, inputs }) => [pass.run('ConsiliumGelu', [inputs.x])],
  chain: ({ pass, inputs }) => {
    const { scalar } = pass.constants;
    const error = pass.run('Erf', [pass.run('Mul', [inputs.x, scalar(Math.SQRT1_2)])]);
    const cumulative = pass.run('Mul', [pass.run('AddV2', [error, scalar(1)]), scalar(0.5)]);
    return [pass.run('Mul', [inputs.x, cumulative]), cumulative];
  },
});

/** `dy·(Φ(x) + x·φ(x))`. */
export const geluGradient = fused('GeluGradient', {
  onProcessor: ({ pass, inputs }) => [pass.run('ConsiliumGeluGradient', [inputs.dy, inputs.x])],
  chain: ({ pass, inputs }) => {
    const { scalar } = pass.constants;
    const cumulative = inputs.saved0 ?? -1;
    const exponent = pass.run('Mul', [pass.run('Square', [inputs.x]), scalar(-0.5)]);
    const density = pass.run('Mul', [pass.run('Exp', [exponent]), scalar(1 / Math.sqrt(2 * Math.PI))]);
    const slope = pass.run('AddV2', [cumulative, pass.run('Mul', [inputs.x, density])]);
    return [pass.run('Mul', [inputs.dy, slope])];
  },
});

export const softmaxGradient = fused('SoftmaxGradient', {
  chain: ({ pass, inputs, attributes, to }) => {
    const weighted = pass.run('Mul', [inputs.dp, inputs.p]);
    const total = pass.run('Sum', [weighted, pass.constants.integers([-1])], [to.flag('keep_dims', true)]);
    const slope = pass.run('Sub', [weighted, pass.run('Mul', [inputs.p, total])]);
    return [pass.run('Mul', [slope, pass.constants.scalar(attributes.scale)])];
  },
});
