export { type BackendChoice, type BackendInfo, type BackendOptions, useBackend } from './ladder.js';
export { tf } from './tensorflow.js';
