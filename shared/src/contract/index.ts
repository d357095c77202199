export * from './contract.js';
export * from './run-file.js';
export * from './steps.js';
export * from './transforms.js';
