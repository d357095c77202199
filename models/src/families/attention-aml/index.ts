import { onlyStage } from '../../training/index.js';
import type { Family } from '../family.js';
import { attentionAmlOptions, parseOptions } from './config.js';
import { checkInput, featuresOf } from './data.js';
import { example } from './example.js';
import { findings } from './findings.js';
import { layersOf } from './layers.js';
import { buildAttentionAml } from './network.js';
import { attentionAmlParameters } from './parameters.js';

export type { AttentionAmlOptions } from './config.js';
export { parseOptions } from './config.js';
export type { ClassAttention, ClassMarkers, MarkerGene, MarkerOptions, Patients } from './explain.js';
export { classAttention, embed, markerGenes, markerStability } from './explain.js';
export type { AttentionAmlModel, Pass } from './network.js';
export { buildAttentionAml } from './network.js';
export type { TableRow } from './parameters.js';
export { parameterTable } from './parameters.js';

/** AML subtype from bulk gene expression, by attention over feature tokens. */
export const attentionAml: Family = {
  name: 'attention-aml',
  input: 'rows',
  stages: [onlyStage],
  parseOptions,
  parameters: ({ classes, options, ...blueprint }) =>
    attentionAmlParameters({ features: featuresOf(blueprint), classes, options: attentionAmlOptions.parse(options) }),
  build: ({ classes, options, seed, ...blueprint }) =>
    buildAttentionAml({ features: featuresOf(blueprint), classes, options: attentionAmlOptions.parse(options), seed }),
  checkInput,
  example,
  explain: findings,
  toLayers: ({ classes, options, ...blueprint }, values) =>
    layersOf({ features: featuresOf(blueprint), classes, options: attentionAmlOptions.parse(options) }, values),
};
