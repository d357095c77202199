export * from './apply.js';
export * from './coverage.js';
export * from './decide.js';
export * from './records.js';
export * from './state.js';
export * from './work.js';
