import { batchMatMul } from './batch-mat-mul.js';
import { conv2D } from './conv2d.js';
import { conv2DBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2DBackpropInput } from './conv2d-backprop-input.js';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './depthwise-backprop-input.js';
import { einsum } from './einsum.js';
import type { WasmKernel } from './kernel.js';
import { maxPoolGrad } from './max-pool-grad.js';
import { slice } from './slice.js';
import { tile } from './tile.js';
import { transpose } from './transpose.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';

/** Every kernel that training on wasm needs and the stock backend lacks, gets wrong, or does slowly. */
export const trainingKernels: readonly WasmKernel[] = [
  batchMatMul,
  conv2D,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  einsum,
  maxPoolGrad,
  slice,
  tile,
  transpose,
  unsortedSegmentSum,
];
