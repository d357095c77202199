import { shapeOf } from '../../samples/index.js';
import { phenotypes } from '../../synthetic/index.js';
import type { Example } from '../family.js';
import { parseOptions } from './config.js';

const alterations = 3;

/** A few small smears, some of them without genetics. */
export function example(seed: number): Example {
  const samples = phenotypes({
    ...{ seed, site: 'example', patients: 16, cells: 6, width: 12, smear: 1, untested: 0.2 },
    ...{ karyotypeBits: 12, mutationBits: 6 },
  });
  return {
    blueprint: {
      ...{ input: shapeOf(samples), classes: alterations, stage: 'pretrain' },
      options: parseOptions('small', { depth: 1, localViews: 1 }),
    },
    samples,
  };
}
