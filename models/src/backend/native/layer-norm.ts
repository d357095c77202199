import { fused } from './kernel.js';

/** Hands out y, then the mean and the inverse deviation of each row; the chain, y, then in the place of the means the normalised rows themselves, [rows, width], and the inverses, [rows, 1]. */
export const layerNorm = fused('LayerNorm', {
  onProcessor: ({ pass, inputs, attributes }) =>
    pass.runMany('ConsiliumLayerNorm', [inputs.x, inputs.gamma, inputs.beta, pass.constants.scalar(attributes.eps)], 3),
  chain: ({ pass, inputs, attributes, to }) => {
    const rowMean = (x: number) => pass.run('Mean', [x, pass.constants.integers([1])], [to.flag('keep_dims', true)]);
    const centred = pass.run('Sub', [inputs.x, rowMean(inputs.x)]);
    const variance = rowMean(pass.run('Square', [centred]));
    const inverse = pass.run('Rsqrt', [pass.run('AddV2', [variance, pass.constants.scalar(attributes.eps)])]);
    const normalised = pass.run('Mul', [centred, inverse]);
    const y = pass.run('BiasAdd', [pass.run('Mul', [normalised, inputs.gamma]), inputs.beta]);
    return [y, normalised, inverse];
  },
});

/**
 * With h the normalised rows and d = dy·gamma: `dx = (d − mean(d) − h·mean(d·h))·inverse`. Both means are products with the column
 * gamma/width: of dy, and of dy·h, which dgamma needs anyway.
 */
export const layerNormGradient = fused('LayerNormGradient', {
  onProcessor: ({ pass, inputs: { dy, x, gamma, mean, inverse } }) =>
    pass.runMany('ConsiliumLayerNormGradient', [dy, x, gamma, mean, inverse], 3),
  chain: ({ pass, inputs, shapes }) => {
    const [, width = 1] = shapes.dy;
    const { constants, run } = pass;
    const h = inputs.mean;
    const scaledGamma = run('Mul', [inputs.gamma, constants.scalar(1 / width)]);
    const column = run('Reshape', [scaledGamma, constants.integers([width, 1])]);
    const slopes = run('Mul', [inputs.dy, h]);
    const along = run('Mul', [h, run('MatMul', [slopes, column])]);
    const centred = run('Sub', [run('Mul', [inputs.dy, inputs.gamma]), run('MatMul', [inputs.dy, column])]);
    const dx = run('Mul', [run('Sub', [centred, along]), inputs.inverse]);
    return [dx, run('BiasAddGrad', [slopes]), run('BiasAddGrad', [inputs.dy])];
  },
});
