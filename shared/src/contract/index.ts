export * from './contract.js';
export { featureList, namedFiles, parseFeatureList } from './feature-list.js';
export { type InputShape, inputShape } from './input.js';
export * from './make-contract.js';
export { readRunFile } from './read-run-file.js';
export * from './run-file.js';
export * from './steps.js';
export * from './transforms.js';
