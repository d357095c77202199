import type { Blueprint, Family } from '../family.js';
import { bloodAutoencoderOptions, name, parseOptions } from './config.js';
import { checkInput, featuresOf } from './data.js';
import { example } from './example.js';
import { explain } from './explain/index.js';
import { layersOf } from './layers.js';
import { buildBloodAutoencoder } from './network.js';
import { type Shape, type StageName, stageParameters, stages } from './parameters.js';

export type { BloodAutoencoderOptions } from './config.js';
export { parseOptions } from './config.js';
export type { BloodAutoencoderModel } from './network.js';
export { buildBloodAutoencoder } from './network.js';
export type { TableRow } from './parameters.js';
export { parameterTable } from './parameters.js';

/** Blood disease from single cells, by the code of an autoencoder. */
export const bloodAutoencoder: Family = {
  name,
  input: 'rows',
  stages,
  parseOptions,
  parameters: (blueprint) => stageParameters(shapeOf(blueprint), stageOf(blueprint)),
  build: ({ seed, ...blueprint }) => buildBloodAutoencoder({ ...shapeOf(blueprint), stage: stageOf(blueprint), seed }),
  checkInput,
  warnings: ({ options }) =>
    bloodAutoencoderOptions.parse(options).batchNorm === 'local'
      ? [
          'With batchNorm local every hospital has an encoder, and so a code, of its own, while one head reads them all; a hospital outside the run has none. Measure it beside batchNorm shared.',
        ]
      : [],
  example,
  explain,
  toLayers: (blueprint, values) => layersOf({ ...shapeOf(blueprint), stage: stageOf(blueprint) }, values),
};

const shapeOf = ({ classes, options, ...blueprint }: Blueprint): Shape => ({
  features: featuresOf(blueprint),
  classes,
  options: bloodAutoencoderOptions.parse(options),
});

function stageOf({ stage }: Blueprint): StageName {
  const known = stages.find((candidate) => candidate === stage);
  if (known === undefined) throw new TypeError(`${name} has no stage ${stage}`);
  return known;
}
