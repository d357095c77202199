export { type BagFile, type BagShape, onlyBag, openBags } from './bags.js';
export { asFileFault, openBytes } from './file-bytes.js';
export { type ExpressionMatrix, type H5ad, openH5ad } from './h5ad.js';
export { decodeImage, type RgbImage, readImage } from './image.js';
export { type Csr, type Dense, maxValues, transposed } from './matrix.js';
export { readMatrixMarket } from './matrix-market.js';
export { type NumericArray, readNpy } from './npy.js';
