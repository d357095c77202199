import { describe, expect, it } from 'vitest';
import { parseOptions } from './config.js';

describe('parseOptions', () => {
  it('fills in the presets', () => {
    expect(parseOptions('paper', {})).toEqual({
      ...{ preset: 'paper', attentionMode: 'featureTokens', dropout: 0 },
      ...{ width1: 512, width2: 256, tokens1: 16, tokens2: 16, heads1: 8, heads2: 4 },
    });
    expect(parseOptions('small', { width1: 64, dropout: 0.2 })).toMatchObject({ width1: 64, width2: 16, dropout: 0.2 });
  });

  it('reads its own result again', () => {
    const { preset, ...options } = parseOptions('small', { attentionMode: 'singleToken' });
    expect(parseOptions(preset, options)).toEqual({ preset, ...options });
  });

  it.each([
    { preset: 'large', options: {}, problem: 'there is no preset large' },
    { preset: 'small', options: { depth: 3 }, problem: 'depth' },
    { preset: 'small', options: { dropout: 1 }, problem: 'dropout' },
    { preset: 'small', options: { attentionMode: 'none' }, problem: 'attentionMode' },
    { preset: 'small', options: { tokens1: 5 }, problem: 'tokens1' },
    { preset: 'small', options: { tokens2: 8 }, problem: 'at least 4' },
    { preset: 'small', options: { heads1: 3 }, problem: 'heads1' },
    { preset: 'small', options: { width1: '32' }, problem: 'width1' },
  ])('refuses $options of $preset', ({ preset, options, problem }) => {
    expect(() => parseOptions(preset, options)).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-OPTIONS', message: expect.stringContaining(problem) }),
    );
  });
});
