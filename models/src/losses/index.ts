export type { BitOptions } from './binary-cross-entropy.js';
export { binaryCrossEntropy, positiveWeights } from './binary-cross-entropy.js';
export { crossEntropy, oneHotTargets } from './cross-entropy.js';
export { focalLoss } from './focal-loss.js';
export { meanSquaredError } from './mean-squared-error.js';
export type { Findings } from './positives.js';
export { jaccardPositives } from './positives.js';
export { crossModalContrastive, supervisedContrastive } from './supervised-contrastive.js';
