export type { AggregationBlobs, BlobReader } from './blobs.js';
export { checkManifest, type ExpectedManifest } from './check-manifest.js';
export { checkUpdate, type UpdateCheck } from './check-update.js';
export { type Fold, type Folded, fold } from './fold.js';
export {
  type Accumulator,
  bestKernel,
  type Kernel,
  kernels,
  middleOf,
  nearSquares,
  type Sorter,
} from './kernels/index.js';
export type { Contribution, Pass, Round, Strategy } from './strategies/index.js';
export { updateBytes } from './tiles.js';
