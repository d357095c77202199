import { describe, expect, it } from 'vitest';
import { amu, parseOptions } from './index.js';

describe('parseOptions', () => {
  it('fills in the presets', () => {
    expect(parseOptions('paper', {})).toEqual({
      ...{ preset: 'paper', network: 'encoder', batchNorm: 'local', doubleSoftmax: false },
      ...{ width: 20, heads: 10, layers: 8, feedForward: 200, channels: 5, dropout: 0.1, headDropout: 0.5 },
    });
    expect(parseOptions('small', { layers: 1, heads: 2 })).toMatchObject({ width: 8, layers: 1, heads: 2 });
  });

  it('reads its own result again', () => {
    const { preset, ...options } = parseOptions('small', { network: 'convolution', doubleSoftmax: true });
    expect(parseOptions(preset, options)).toEqual({ preset, ...options });
  });

  it.each([4, 5, 10, 20])('takes %d heads of the published width', (heads) => {
    expect(parseOptions('paper', { heads }).heads).toBe(heads);
  });

  it.each([
    { preset: 'medium', options: {}, problem: 'there is no preset medium' },
    { preset: 'paper', options: { heads: 8 }, problem: 'heads must divide the width 20' },
    { preset: 'small', options: { width: 2, heads: 1 }, problem: 'width' },
    { preset: 'small', options: { headDropout: 1 }, problem: 'headDropout' },
    { preset: 'small', options: { batchNorm: 'none' }, problem: 'batchNorm' },
    { preset: 'small', options: { pool: 'genes' }, problem: 'pool' },
  ])('refuses $options of $preset', ({ preset, options, problem }) => {
    expect(() => parseOptions(preset, options)).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-OPTIONS', message: expect.stringContaining(problem) }),
    );
  });
});

describe('warnings', () => {
  const warnings = (batchNorm: string) =>
    amu.warnings?.({ ...amu.example(1).blueprint, options: parseOptions('small', { batchNorm }) });

  it('speak of batch normalisations that are averaged over hospitals, and of nothing by default', () => {
    expect(warnings('shared')).toEqual([expect.stringContaining('batchNorm: shared')]);
    expect(warnings('local')).toEqual([]);
  });
});
