export * from './scores.js';
export * from './states.js';
export * from './tables.js';
