export * from './limits.js';
export * from './manifest.js';
export * from './masking.js';
export * from './messages.js';
export * from './surroundings.js';
