import { registerInPlaceAdam } from '../in-place-adam.js';
import { tf } from '../tensorflow.js';
import { openNativeAdam } from './adam.js';
import { attention, attentionGradient } from './attention.js';
import { batchNorm, batchNormGradient } from './batch-norm.js';
import { dropoutMask } from './dropout-mask.js';
import { gelu, geluGradient, softmaxGradient } from './elements.js';
import { layerNorm, layerNormGradient } from './layer-norm.js';
import { biasGradient, fusedConvolution, fusedDense, matMul, reluGradient } from './products.js';
import { reshape } from './reshape.js';

/** Makes known what the native library does in one kernel. Call it once, when the package's own kernels are known. */
export function registerNativeKernels(): void {
  for (const { kernelName, backendName } of replaced) tf.unregisterKernel(kernelName, backendName);
  for (const kernel of [...kernels, ...replaced]) tf.registerKernel(kernel);
  registerInPlaceAdam('tensorflow', openNativeAdam);
}

/** In place of the package's own. */
const replaced: readonly tf.KernelConfig[] = [reshape, matMul];

const kernels: readonly tf.KernelConfig[] = [
  fusedDense,
  fusedConvolution,
  reluGradient,
  biasGradient,
  batchNorm,
  batchNormGradient,
  layerNorm,
  layerNormGradient,
  gelu,
  geluGradient,
  softmaxGradient,
  dropoutMask,
  attention,
  attentionGradient,
];
