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
export { decodeWeights, digest, encodeWeights, type Weights, weightsFormat } from './weights.js';
