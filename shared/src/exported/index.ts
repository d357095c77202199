export { readSums, sumsFile, writeSums } from './sums.js';
