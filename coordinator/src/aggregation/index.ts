export type { AggregationBlobs, BlobReader } from './blobs.js';
export { checkManifest, type ExpectedManifest } from './check-manifest.js';
export { checkUpdate, type UpdateCheck } from './check-update.js';
export { type Fold, type Folded, fold } from './fold.js';
export { type Accumulator, bestKernel, type Kernel, kernels, middleOf, type Sorter } from './kernels/index.js';
export type { Contribution, Pass, Strategy } from './strategies/index.js';
