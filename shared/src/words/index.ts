export * from './scores.js';
export * from './states.js';
