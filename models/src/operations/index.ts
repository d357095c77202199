export { type BatchNormResult, batchNorm } from './batch-norm.js';
export { convolution } from './convolution.js';
export { dense } from './dense.js';
export { dropoutMask } from './dropout-mask.js';
export { gelu } from './gelu.js';
export { withGradient } from './hand-written-gradient.js';
export { layerNorm } from './layer-norm.js';
export { philoxUniform } from './philox.js';
export { softmaxGradient } from './softmax-gradient.js';
