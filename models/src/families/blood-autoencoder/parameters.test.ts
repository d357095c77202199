import { layoutElements } from '@consilium/shared/weights';
import { describe, expect, it } from 'vitest';
import { isTrained, type Parameter, scoped } from '../../layers/index.js';
import { parseOptions } from './config.js';
import { parameterTable, stageParameters } from './parameters.js';

const shapeOf = (preset: string, features: number, classes: number, options = {}) => ({
  ...{ features, classes, options: parseOptions(preset, options) },
});
const count = (parameters: readonly Parameter[]) => layoutElements(parameters);
const trained = (parameters: readonly Parameter[]) => count(parameters.filter(isTrained));

describe('the autoencoder', () => {
  it.each([
    { preset: 'paper', features: 29_150, encoder: 30_509_824, whole: 61_048_542, statistics: 6144 },
    { preset: 'paper', features: 2000, encoder: 2_708_224, whole: 5_418_192, statistics: 6144 },
    { preset: 'small', features: 64, encoder: 2840, whole: 5736, statistics: 192 },
  ])('$preset of $features genes trains $whole weights', ({ preset, features, encoder, whole, statistics }) => {
    const shape = shapeOf(preset, features, 7);
    const parameters = stageParameters(shape, 'autoencoder');
    expect(trained(parameters)).toBe(whole);
    expect(count(parameters) - trained(parameters)).toBe(statistics);
    const [first, second] = parameterTable(shape);
    expect(first).toEqual({ part: 'encoder', trained: encoder, statistics: statistics / 2 });
    expect(second).toEqual({ part: 'decoder', trained: whole - encoder, statistics: statistics / 2 });
    expect(scoped(parameters, 'shared')).toEqual(parameters);
  });

  it('has the published parts at 29,150 genes', () => {
    const parameters = stageParameters(shapeOf('paper', 29_150, 7), 'autoencoder');
    const affine = parameters.filter(({ name }) => /norm\d\/(?:gamma|beta)$/.test(name));
    expect(count(affine)).toBe(6144);
    expect(trained(parameters) - count(affine)).toBe(61_042_398);
  });

  it('keeps every batch normalisation at the site where it is told to', () => {
    const local = scoped(stageParameters(shapeOf('small', 64, 7, { batchNorm: 'local' }), 'autoencoder'), 'local');
    expect(trained(local)).toBe(192);
    expect(count(local)).toBe(384);
    expect(local.every(({ name }) => name.includes('/norm'))).toBe(true);
  });
});

describe('a head', () => {
  it.each([
    { preset: 'paper', head: 'ffn', classes: 7, weights: 41_607 },
    { preset: 'paper', head: 'ffn', classes: 2, weights: 41_217 },
    { preset: 'paper', head: 'transformer', classes: 7, weights: 83_911 },
    { preset: 'paper', head: 'gcn', classes: 7, weights: 33_799 },
    { preset: 'small', head: 'ffn', classes: 7, weights: 343 },
    { preset: 'small', head: 'transformer', classes: 7, weights: 743 },
    { preset: 'small', head: 'gcn', classes: 7, weights: 135 },
  ])('$head of $preset for $classes classes trains $weights weights, and nothing else', (given) => {
    const shape = shapeOf(given.preset, 64, given.classes, { head: given.head });
    const parameters = stageParameters(shape, 'head');
    expect(trained(parameters)).toBe(given.weights);
    expect(parameterTable(shape)[2]).toEqual({ part: 'head', trained: given.weights, statistics: 0 });
    const shared = scoped(parameters, 'shared');
    expect(count(shared)).toBe(given.weights + 2 * shape.options.latent);
    expect(shared.every(({ name }) => /^(?:head|code)\//.test(name))).toBe(true);
    expect(count(scoped(parameters, 'frozen'))).toBe(count(stageParameters(shape, 'autoencoder')));
  });

  it('leaves what a site has of its own there, and at rest', () => {
    const parameters = stageParameters(shapeOf('small', 64, 7, { batchNorm: 'local' }), 'head');
    expect(trained(parameters)).toBe(343);
    expect(count(scoped(parameters, 'local'))).toBe(384);
  });
});
