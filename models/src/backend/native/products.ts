import type { Activation } from '../fused-kernels.js';
import { fused } from './kernel.js';
import type { Handle } from './library.js';
import type { Pass } from './pass.js';

export const fusedDense = fused('FusedDense', ({ pass, inputs, attributes }) => {
  const product = pass.run('MatMul', [inputs.x, inputs.kernel]);
  return [finish(pass, product, inputs.bias, attributes.activation)];
});

export const fusedConvolution = fused('FusedConvolution', ({ pass, inputs, attributes, to }) => {
  const settings = [to.integers('strides', [1, 1, 1, 1]), to.text('padding', 'SAME')];
  const sum = pass.run('Conv2D', [inputs.x, inputs.kernel], settings);
  return [finish(pass, sum, inputs.bias, attributes.activation)];
});

/** The library's own fused products take lists of texts as attributes, which the addon cannot pass on. */
function finish(pass: Pass, product: Handle, bias: Handle, activation: Activation): Handle {
  const shifted = pass.run('BiasAdd', [product, bias]);
  pass.free(product);
  return activation === 'relu' ? pass.run('Relu', [shifted]) : shifted;
}

export const reluGradient = fused('ReluGradient', ({ pass, inputs }) => [pass.run('ReluGrad', [inputs.dy, inputs.y])]);

export const biasGradient = fused('BiasGradient', ({ pass, inputs }) => [pass.run('BiasAddGrad', [inputs.dy])]);
