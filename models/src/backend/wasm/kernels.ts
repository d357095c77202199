import { batchMatMul } from './batch-mat-mul.js';
import { batchNorm, batchNormGradient } from './batch-norm.js';
import { biasGradient } from './bias-gradient.js';
import { conv2D } from './conv2d.js';
import { conv2DBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2DBackpropInput } from './conv2d-backprop-input.js';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './depthwise-backprop-input.js';
import { dropoutMask } from './dropout-mask.js';
import { einsum } from './einsum.js';
import { fusedConvolution } from './fused-convolution.js';
import { fusedDense } from './fused-dense.js';
import { gelu, geluGradient } from './gelu.js';
import { identity } from './identity.js';
import type { WasmKernel } from './kernel.js';
import { layerNorm, layerNormGradient } from './layer-norm.js';
import { maxPoolGrad } from './max-pool-grad.js';
import { reluGradient } from './relu-gradient.js';
import { slice } from './slice.js';
import { softmaxGradient } from './softmax-gradient.js';
import { splitV } from './split-v.js';
import { tile } from './tile.js';
import { transpose } from './transpose.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';

/** Every kernel that training on wasm needs and the stock backend lacks, gets wrong, or does slowly. */
export const trainingKernels: readonly WasmKernel[] = [
  batchMatMul,
  batchNorm,
  batchNormGradient,
  biasGradient,
  conv2D,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  dropoutMask,
  einsum,
  fusedConvolution,
  fusedDense,
  gelu,
  geluGradient,
  identity,
  layerNorm,
  layerNormGradient,
  maxPoolGrad,
  reluGradient,
  slice,
  softmaxGradient,
  splitV,
  tile,
  transpose,
  unsortedSegmentSum,
];
