export { type Simd, simd } from './simd.js';
