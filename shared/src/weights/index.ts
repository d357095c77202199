export { type Codec, type CodecName, codecNames, codecs } from './codecs/index.js';
export { type EncodedUpdate, encodeUpdate, type TrainedValues } from './encode-update.js';
export {
  decodeHeader,
  encodeHeader,
  headerLength,
  headerLimitBytes,
  type WeightsHeader,
  type WeightsMetadata,
} from './header.js';
export { elementsOf, type Layout, layout, layoutElements, tensorAt, tensorName } from './layout.js';
export { type Place, type StatisticsPair, statisticsPairs } from './statistics-pairs.js';
export type { UpdateCoding } from './update-coding.js';
export { type UpdateForm, type UpdateModel, updateForm, updateFormat } from './update-form.js';
export { bytesOfSpan, decodeValues, type Span } from './update-values.js';
export { decodeWeights, digest, encodeWeights, type Weights, weightsFormat } from './weights.js';
