import { onlyStage } from '../../training/index.js';
import type { Family } from '../family.js';
import { parseOptions, vgg19Options } from './config.js';
import { checkInput, sideOf } from './data.js';
import { example } from './example.js';
import { explain } from './explain.js';
import { torchTensors } from './imported.js';
import { layersOf } from './layers.js';
import { buildVgg19 } from './network.js';
import { vgg19Parameters } from './parameters.js';
import { warningsOf } from './warnings.js';

export type { Vgg19Options } from './config.js';
export { parseOptions } from './config.js';
export type { ImageReasons, SquareMap } from './explain.js';
export { imageReasons } from './explain.js';
export type { Conclusion, Vgg19Model } from './network.js';
export { buildVgg19 } from './network.js';
export type { TableRow } from './parameters.js';
export { parameterTable } from './parameters.js';

/** Class of a cell from its image, by a VGG19 whose last places attend to one another. */
export const vgg19Mhsa: Family = {
  name: 'vgg19-mhsa',
  input: 'images',
  stages: [onlyStage],
  parseOptions,
  parameters: ({ classes, options, ...blueprint }) =>
    vgg19Parameters({ side: sideOf(blueprint), classes, options: vgg19Options.parse(options) }),
  build: ({ classes, options, seed, ...blueprint }) =>
    buildVgg19({ side: sideOf(blueprint), classes, options: vgg19Options.parse(options), seed }),
  checkInput,
  warnings: ({ options }, imported) => warningsOf(vgg19Options.parse(options), imported),
  foreign: ({ options }) => torchTensors(vgg19Options.parse(options)),
  example,
  explain,
  toLayers: ({ classes, options, ...blueprint }, values) =>
    layersOf({ side: sideOf(blueprint), classes, options: vgg19Options.parse(options) }, values),
};
