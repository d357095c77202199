export type { Simd } from './exports.js';
export { simd } from './simd.js';
