import { describe, expect, it } from 'vitest';
import { parseOptions } from './config.js';

describe('parseOptions', () => {
  it('fills in the presets', () => {
    expect(parseOptions('paper', {})).toEqual({
      ...{ preset: 'paper', normalisation: 'none', attention: true, heads: 8, positions: false },
      ...{ loss: 'focal', gamma: 2, augment: true, freezeBlocks: 0, dropout: 0.5 },
    });
    expect(parseOptions('medium', {})).toMatchObject({ normalisation: 'group', heads: 8 });
    expect(parseOptions('small', { attention: false })).toMatchObject({ normalisation: 'none', attention: false });
  });

  it('reads its own result again', () => {
    const { preset, ...options } = parseOptions('medium', { normalisation: 'batchLocal', gamma: 0, freezeBlocks: 4 });
    expect(parseOptions(preset, options)).toEqual({ preset, ...options });
  });

  it.each([
    { preset: 'large', options: {}, problem: 'there is no preset large' },
    { preset: 'small', options: { depth: 3 }, problem: 'depth' },
    { preset: 'small', options: { heads: 5 }, problem: 'divide the width 32' },
    { preset: 'small', options: { normalisation: 'batch' }, problem: 'normalisation' },
    { preset: 'small', options: { gamma: 0.5 }, problem: 'gamma' },
    { preset: 'small', options: { gamma: -1 }, problem: 'gamma' },
    { preset: 'small', options: { freezeBlocks: 4 }, problem: 'the 3 blocks' },
    { preset: 'paper', options: { attention: false, positions: true }, problem: 'needs attention' },
  ])('refuses $options of $preset', ({ preset, options, problem }) => {
    expect(() => parseOptions(preset, options)).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-OPTIONS', message: expect.stringContaining(problem) }),
    );
  });

  it('does not ask the heads of a network without attention', () => {
    expect(parseOptions('small', { attention: false, heads: 5 })).toMatchObject({ attention: false });
  });
});
