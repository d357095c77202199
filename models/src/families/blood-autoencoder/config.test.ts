import { describe, expect, it } from 'vitest';
import { parseOptions } from './config.js';

describe('parseOptions', () => {
  it('fills in the presets', () => {
    expect(parseOptions('paper', {})).toEqual({
      ...{ preset: 'paper', head: 'ffn', batchNorm: 'shared', dropout: 0.1, width1: 1024, width2: 512, latent: 256 },
      ...{ headWidth1: 128, headWidth2: 64, tokenWidth: 64, tokenLayers: 2, attentionHeads: 4, feedForward: 128 },
      ...{ graphWidth: 128, threshold: 0.4, neighbours: 30, nodes: 2048 },
    });
    expect(parseOptions('small', { head: 'gcn' })).toMatchObject({ width1: 32, width2: 16, latent: 8, dropout: 0.2 });
    expect(parseOptions('small', { head: 'gcn', dropout: 0 })).toMatchObject({ dropout: 0 });
  });

  it('reads its own result again', () => {
    const { preset, ...options } = parseOptions('small', { head: 'transformer', latent: 16 });
    expect(parseOptions(preset, options)).toEqual({ preset, ...options });
  });

  it.each([
    { preset: 'medium', options: {}, problem: 'there is no preset medium' },
    { preset: 'small', options: { depth: 3 }, problem: 'depth' },
    { preset: 'small', options: { head: 'svm' }, problem: 'head' },
    { preset: 'small', options: { batchNorm: 'group' }, problem: 'batchNorm' },
    { preset: 'small', options: { latent: 1 }, problem: 'latent' },
    { preset: 'small', options: { tokenWidth: 2 }, problem: 'tokenWidth' },
    { preset: 'small', options: { attentionHeads: 3 }, problem: 'must divide the token width 8' },
    { preset: 'small', options: { threshold: 1.5 }, problem: 'threshold' },
    { preset: 'small', options: { dropout: 1 }, problem: 'dropout' },
  ])('refuses $options of $preset', ({ preset, options, problem }) => {
    expect(() => parseOptions(preset, options)).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-OPTIONS', message: expect.stringContaining(problem) }),
    );
  });
});
