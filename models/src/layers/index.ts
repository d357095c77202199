export type { AttentionOptions } from './attention.js';
export {
  attendRows,
  attentionParameters,
  attentionWeights,
  paddingMask,
  selfAttention,
  singleTokenAttention,
  singleTokenAttentionParameters,
} from './attention.js';
export type { BatchNormOptions } from './batch-norm.js';
export { batchNorm, batchNormParameters, batchNormStatistics } from './batch-norm.js';
export {
  bareConvolution,
  bareConvolutionParameters,
  convolution,
  convolutionParameters,
} from './convolution.js';
export { dense, denseParameters } from './dense.js';
export type { Mode } from './dropout.js';
export { dropout, inference } from './dropout.js';
export { graphConvolution, graphConvolutionParameters } from './graph-convolution.js';
export { groupNorm, groupNormParameters } from './group-norm.js';
export { constant, fanInUniform, heNormal, normal, ones, truncatedNormal, zeros } from './initialisers.js';
export { layerNorm, layerNormParameters } from './layer-norm.js';
export type { Initialiser, NamedTensors, Parameter, Role, Scope } from './parameters.js';
export { createVariables, drawWeights, isTrained, scoped, weight, withScope } from './parameters.js';
export { channelMax, maxPool, tokenMean } from './pooling.js';
export { addPositions, positionParameters } from './positions.js';
export { prototypeParameters, prototypes } from './prototypes.js';
export type { Random } from './random.js';
export { permutation, stream } from './random.js';
export type { SelfDistillationHeadShape } from './self-distillation-head.js';
export { selfDistillationHead, selfDistillationHeadParameters } from './self-distillation-head.js';
export type { Graph, SimilarityOptions } from './similarity-graph.js';
export { similarityGraph } from './similarity-graph.js';
export type { BlockOptions } from './transformer.js';
export { postNormBlock, postNormParameters, preNormBlock, preNormParameters } from './transformer.js';
export { toLength } from './unit-length.js';
