export { digestFile, type FileDigest, pieceBytesOf } from './digests.js';
export { encodePrevious, joined, type PreviousModel, readPrevious } from './previous.js';
export { blobFolder, type ExportSeal, encodeSeal, exportSeal, readSeal, sealDomain, sealFile } from './seal.js';
export { readSums, sumsFile, writeSums } from './sums.js';
