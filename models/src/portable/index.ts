// Networks in the layers that every TensorFlow.js has: for browsers, which know none of our operations.
export {
  add,
  affine,
  attention,
  batchNormalization,
  channelsMax,
  convolution,
  dense,
  groupNormalization,
  layerNormalization,
  meanOfTokens,
  type Node,
  placewise,
  pool,
  postNorm,
  product,
  relu,
  repeated,
  reshape,
} from './blocks.js';
export { inputOf, notPortable, portableModel } from './portable-model.js';
export { tensorOf, type Values } from './values.js';
