import { discs } from '../../synthetic/index.js';
import { onlyStage } from '../../training/index.js';
import type { Example } from '../family.js';
import { parseOptions } from './config.js';

const [images, side, classes] = [16, 32, 4];

/** A few synthetic discs. */
export const example = (seed: number): Example => ({
  blueprint: { input: { kind: 'images', side }, classes, options: parseOptions('small', {}), stage: onlyStage },
  samples: discs({ seed, site: 'example', images, classes, side, stain: 0 }),
});
