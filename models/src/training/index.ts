export { cutBatches } from './batches.js';
export type { Model } from './model.js';
export type { Optimizer, OptimizerSettings } from './optimizer.js';
export { createOptimizer } from './optimizer.js';
export type { PredictOptions } from './predict.js';
export { predict } from './predict.js';
export type { Progress, Trained, TrainOptions } from './train.js';
export { train } from './train.js';
export { assignWeights, readWeights } from './weights.js';
