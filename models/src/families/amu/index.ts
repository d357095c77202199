import { onlyStage } from '../../training/index.js';
import type { Blueprint, Family } from '../family.js';
import { amuOptions, parseOptions } from './config.js';
import { checkInput, genesOf } from './data.js';
import { example } from './example.js';
import { findings } from './findings.js';
import { layersOf } from './layers.js';
import { buildAmu } from './network.js';
import { amuParameters, type Shape } from './parameters.js';

export type { AmuOptions } from './config.js';
export { parseOptions } from './config.js';
export type { GeneAttention, GeneNeighbours, Importance, ImportanceOptions } from './explain.js';
export { geneAttention, geneEmbedding, geneImportance, geneNeighbours, overlapWithExpression } from './explain.js';
export type { AmuModel, Pass } from './network.js';
export { buildAmu } from './network.js';
export type { TableRow } from './parameters.js';
export { parameterTable } from './parameters.js';

const shapeOf = ({ classes, options, ...blueprint }: Blueprint): Shape => ({
  genes: genesOf(blueprint),
  classes,
  options: amuOptions.parse(options),
});

/** Response to checkpoint inhibitors from gene expression, by attention between genes; any table of numbers with few columns. */
export const amu: Family = {
  name: 'amu',
  input: 'rows',
  stages: [onlyStage],
  parseOptions,
  parameters: (blueprint) => amuParameters(shapeOf(blueprint)),
  build: ({ seed, ...blueprint }) => buildAmu({ ...shapeOf(blueprint), seed }),
  checkInput,
  warnings: ({ options }) => (amuOptions.parse(options).batchNorm === 'shared' ? [sharedNorms] : []),
  example,
  explain: findings,
  toLayers: (blueprint, values) => layersOf(shapeOf(blueprint), values),
};

const sharedNorms =
  'amu averages batch normalisations over the hospitals (batchNorm: shared). Where their values lie differently, no hospital then has ' +
  'averages that are its own, and the model can be much worse than with batchNorm: local.';
