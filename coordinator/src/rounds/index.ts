export * from './apply.js';
export { better } from './choice.js';
export * from './coverage.js';
export * from './decide.js';
export { isExcused } from './participation.js';
export * from './records.js';
export { samplesOf, shareBehind } from './samples.js';
export * from './state.js';
export * from './work.js';
