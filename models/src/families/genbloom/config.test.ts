import { describe, expect, it } from 'vitest';
import { parseOptions } from './config.js';

describe('parseOptions', () => {
  it('fills in the presets', () => {
    expect(parseOptions('paper', {})).toMatchObject({
      width: 768,
      depth: 6,
      heads: 12,
      prototypes: 4096,
      layerScale: 1e-5,
    });
    expect(parseOptions('small', { positives: 'exact' })).toMatchObject({ width: 32, depth: 2, positives: 'exact' });
  });

  it('reads its own result again', () => {
    const { preset, ...options } = parseOptions('small', { trainScope: 'lastBlock' });
    expect(parseOptions(preset, options)).toEqual({ preset, ...options });
  });

  it.each([
    { preset: 'medium', options: {}, problem: 'there is no preset medium' },
    { preset: 'small', options: { blocks: 3 }, problem: 'blocks' },
    { preset: 'small', options: { heads: 5 }, problem: 'heads must divide' },
    { preset: 'small', options: { trainScope: 'some' }, problem: 'trainScope' },
    { preset: 'small', options: { positives: 'none' }, problem: 'positives' },
    { preset: 'small', options: { temperature: 0 }, problem: 'temperature' },
    { preset: 'small', options: { momentum: 1.1 }, problem: 'momentum' },
    { preset: 'small', options: { prototypes: 1 }, problem: 'prototypes' },
  ])('refuses $options of $preset', ({ preset, options, problem }) => {
    expect(() => parseOptions(preset, options)).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-OPTIONS', message: expect.stringContaining(problem) }),
    );
  });
});
