import { layoutElements } from '@consilium/shared/weights';
import { describe, expect, it } from 'vitest';
import { isTrained, scoped } from '../../layers/index.js';
import type { FamilyOptions } from '../family.js';
import { parseOptions } from './config.js';
import counts from './counts.fixture.json' with { type: 'json' };
import { parameterTable, vgg19Parameters } from './parameters.js';

const classes = 4;
const shapeOf = (preset: string, side: number, options: FamilyOptions = {}) => ({
  ...{ side, classes, options: parseOptions(preset, options) },
});
const total = (preset: string, side: number, options: FamilyOptions = {}) =>
  layoutElements(vgg19Parameters(shapeOf(preset, side, options)));

describe.each([
  { preset: 'paper', side: 224, wanted: counts.full_224 },
  { preset: 'small', side: 32, wanted: counts.small_32 },
])('the $preset preset', ({ preset, side, wanted }) => {
  it('has the published weights in every layer', () => {
    expect(
      Object.fromEntries(parameterTable(shapeOf(preset, side)).map(({ layer, weights }) => [layer, weights])),
    ).toEqual({
      ...Object.fromEntries(wanted.blocks.map((weights, index) => [`block${index + 1}`, weights])),
      ...{ norm: wanted.ln, attention: wanted.mhsa, hidden: wanted.fc1, head: wanted.fc2 },
    });
    expect(total(preset, side)).toBe(wanted.total);
  });

  it('is the plain network without attention', () => {
    expect(total(preset, side, { attention: false })).toBe(wanted.total - wanted.ln - wanted.mhsa);
  });
});

describe('the paper preset', () => {
  it('trains and shares 10,623,236 weights with its first four blocks frozen', () => {
    const parameters = vgg19Parameters(shapeOf('paper', 224, { freezeBlocks: 4 }));
    expect(layoutElements(parameters.filter(isTrained))).toBe(10_623_236);
    expect(layoutElements(scoped(parameters, 'shared'))).toBe(10_623_236);
    expect(layoutElements(scoped(parameters, 'frozen'))).toBe(38_720 + 221_440 + 2_065_408 + 8_259_584);
  });

  it('has a table of 49 positions on demand', () => {
    expect(total('paper', 224, { positions: true })).toBe(counts.full_224.total + 49 * 512);
  });

  it.each([
    { normalisation: 'group', shared: 2 * 5504, local: 0 },
    // In place of the biases of the convolutions.
    { normalisation: 'batchLocal', shared: -5504, local: 4 * 5504 },
    { normalisation: 'batchShared', shared: 3 * 5504, local: 0 },
  ])('has the affine maps and averages of $normalisation where they belong', ({ normalisation, shared, local }) => {
    const parameters = vgg19Parameters(shapeOf('paper', 224, { normalisation }));
    expect(layoutElements(scoped(parameters, 'shared'))).toBe(counts.full_224.total + shared);
    expect(layoutElements(scoped(parameters, 'local'))).toBe(local);
    const statistics = parameters.filter(({ role }) => role === 'statistics');
    expect(statistics.every(({ name }) => /\/moving_(?:mean|variance)$/.test(name))).toBe(true);
    expect(layoutElements(statistics)).toBe(normalisation === 'group' ? 0 : 2 * 5504);
  });
});

describe('the medium preset', () => {
  it('stays within two million weights, at any normalisation', () => {
    for (const normalisation of ['none', 'group', 'batchLocal', 'batchShared']) {
      expect(total('medium', 64, { normalisation, positions: true })).toBeLessThan(2_000_000);
    }
  });
});

describe('images that are too small', () => {
  it.each([
    { preset: 'paper', side: 63, options: {}, least: 64 },
    { preset: 'small', side: 8, options: {}, least: 16 },
    { preset: 'paper', side: 31, options: { attention: false }, least: 32 },
  ])('are refused with the smallest side: $side of $preset', ({ preset, side, options, least }) => {
    expect(() => total(preset, side, options)).toThrow(
      expect.objectContaining({
        code: 'CSM-MODEL-OPTIONS',
        message: expect.stringContaining(`data.side: ${least}`),
      }),
    );
    expect(() => total(preset, least, options)).not.toThrow();
  });
});
