import { describe, expect, it } from 'vitest';
import type { FamilyOptions } from '../family.js';
import { parseOptions, vgg19Mhsa } from './index.js';

const warnings = (options: FamilyOptions, imported?: ReadonlySet<string>) =>
  vgg19Mhsa.warnings?.(
    {
      ...{ input: { kind: 'images', side: 64 }, classes: 4, stage: 'train' },
      options: parseOptions('medium', options),
    },
    imported,
  );

describe('what a lead is told before a run', () => {
  it('is nothing of the presets and of normalisations that average no statistics', () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({ normalisation: 'batchLocal' })).toEqual([]);
  });

  it('is that statistics of batch normalisation would be averaged over sites', () => {
    expect(warnings({ normalisation: 'batchShared' })).toEqual([expect.stringContaining('averaged over all sites')]);
  });

  it('is that frozen blocks learn nothing', () => {
    expect(warnings({ freezeBlocks: 2 })).toEqual([expect.stringContaining('first 2 blocks are not trained')]);
    const first = new Set(['block1/conv1/kernel', 'block1/conv2/kernel']);
    expect(warnings({ freezeBlocks: 2 }, first)).toHaveLength(1);
    expect(warnings({ freezeBlocks: 1 }, first)).toEqual([]);
  });
});
