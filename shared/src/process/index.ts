export * from './tether.js';
