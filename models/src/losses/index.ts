export { crossEntropy, oneHotTargets } from './cross-entropy.js';
