import { tf } from '../tensorflow.js';
import { convolve } from './convolution.js';
import { address, allocate, sizeOf } from './heap.js';
import { fused } from './kernel.js';
import { shape4 } from './shapes.js';

/** Bias and activation happen on the product's way to memory. */
export const fusedConvolution = fused(
  'FusedConvolution',
  ({ backend, inputs: { x, kernel, bias }, attrs: { activation } }) => {
    const geometry = tf.backend_util.computeConv2DInfo(shape4(x.shape), shape4(kernel.shape), 1, 1, 'same');
    const out = allocate(backend, geometry.outShape);
    if (sizeOf(out) === 0) return out;
    const finish = { bias: address(backend, bias), relu: activation === 'relu' };
    convolve(backend, geometry, address(backend, x), address(backend, kernel), address(backend, out), finish);
    return out;
  },
);
