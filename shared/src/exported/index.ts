export { encodePrevious, joined, type PreviousModel, readPrevious } from './previous.js';
export { readSums, sumsFile, writeSums } from './sums.js';
