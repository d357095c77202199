import { discs } from '../../synthetic/index.js';
import { onlyStage } from '../../training/index.js';
import type { Example } from '../family.js';
import { parseOptions } from './config.js';

const [images, side, classes] = [4, 16, 4];

/** A few synthetic discs, as small as the preset takes them: the plain backend needs a second for each such image. */
export const example = (seed: number): Example => ({
  blueprint: { input: { kind: 'images', side }, classes, options: parseOptions('small', {}), stage: onlyStage },
  samples: discs({ seed, site: 'example', images, classes, side, stain: 0 }),
});
