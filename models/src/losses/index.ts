export { crossEntropy, oneHotTargets } from './cross-entropy.js';
export { focalLoss } from './focal-loss.js';
export { meanSquaredError } from './mean-squared-error.js';
