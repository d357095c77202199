// Samples as they lie in memory, before any device: no TensorFlow.js here, so that an agent's readers of files can make them.
export { asRows, denseRows, eachColumn, inFull, selectColumns } from './columns.js';
export { join } from './join.js';
export { pick, pickInput } from './pick.js';
export { runLength, startsOf } from './runs.js';
export type { Bags, DenseRows, Images, LabelledSamples, Samples, Side, SparseRows } from './samples.js';
export { labelled, shapeOf } from './samples.js';
