import { fused } from './kernel.js';

/** The library's operation knows images only: rows pass as images of one pixel. Its variance is Bessel-corrected, ours is not. */
export const batchNorm = fused('BatchNorm', {
  onProcessor: ({ pass, inputs: { x, gamma, beta }, attributes }) => {
    const eps = pass.constants.scalar(attributes.eps);
    const [y = -1, mean = -1, variance = -1, inverse = -1] = pass.runMany(
      'ConsiliumBatchNorm',
      [x, gamma, beta, eps],
      4,
    );
    return [y, mean, variance, pass.run('Identity', [mean]), inverse, pass.integers([])];
  },
  chain: ({ pass, inputs, shapes, attributes, to }) => {
    const [rows = 0, channels = 0] = shapes.x;
    const images = pass.run('Reshape', [inputs.x, pass.constants.integers([rows, 1, 1, channels])]);
    const nothing = pass.constants.empty;
    const [y = -1, mean = -1, corrected = -1, saved0 = -1, saved1 = -1, saved2 = -1] = pass.runMany(
      'FusedBatchNormV3',
      [images, inputs.gamma, inputs.beta, nothing, nothing],
      6,
      [to.number('epsilon', attributes.eps), to.flag('is_training', true)],
    );
    const flat = pass.run('Reshape', [y, pass.constants.integers([rows, channels])]);
    const variance = pass.run('Mul', [corrected, pass.constants.scalar(Math.max(rows - 1, 1) / rows)]);
    return [flat, mean, variance, saved0, saved1, saved2];
  },
});

export const batchNormGradient = fused('BatchNormGradient', {
  onProcessor: ({ pass, inputs: { dy, x, gamma, saved0, saved1 } }) =>
    pass.runMany('ConsiliumBatchNormGradient', [dy, x, gamma, saved0, saved1], 3),
  chain: ({ pass, inputs, shapes, attributes, to }) => {
    const [rows = 0, channels = 0] = shapes.x;
    const images = pass.constants.integers([rows, 1, 1, channels]);
    const [dx = -1, dgamma = -1, dbeta = -1] = pass.runMany(
      'FusedBatchNormGradV3',
      [
        pass.run('Reshape', [inputs.dy, images]),
        pass.run('Reshape', [inputs.x, images]),
        inputs.gamma,
        inputs.saved0,
        inputs.saved1,
        inputs.saved2,
      ],
      5,
      [to.number('epsilon', attributes.eps), to.flag('is_training', true)],
    );
    return [pass.run('Reshape', [dx, pass.constants.integers([rows, channels])]), dgamma, dbeta];
  },
});
