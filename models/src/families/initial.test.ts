import { layoutElements } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../backend/index.js';
import { readTensors } from '../training/index.js';
import { familyOf, initialWeights } from './index.js';

const request = { family: 'attention-aml', preset: 'small', options: {}, features: 20, classes: 4, seed: 7 };

describe('initialWeights', () => {
  beforeAll(() => useBackend('cpu'));

  it('is the same for a seed and another for the next', () => {
    expect(initialWeights(request)).toEqual(initialWeights(request));
    expect(initialWeights(request).values).not.toEqual(initialWeights({ ...request, seed: 8 }).values);
  });

  it('says what it holds', () => {
    const { layout, metadata, values } = initialWeights(request);
    expect(metadata).toEqual({ format: 'consilium-weights-1', family: 'attention-aml', preset: 'small' });
    expect(values).toHaveLength(layoutElements(layout));
    expect(layout.map(({ name }) => name)).toEqual([
      ...['dense1/kernel', 'dense1/bias'],
      ...['attention1/qkv/kernel', 'attention1/qkv/bias', 'attention1/output/kernel', 'attention1/output/bias'],
      ...['norm1/gamma', 'norm1/beta', 'dense2/kernel', 'dense2/bias'],
      ...['attention2/qkv/kernel', 'attention2/qkv/bias', 'attention2/output/kernel', 'attention2/output/bias'],
      ...['norm2/gamma', 'norm2/beta', 'head/kernel', 'head/bias'],
    ]);
  });

  it('has no queries and keys in singleToken mode', () => {
    const { layout } = initialWeights({ ...request, options: { attentionMode: 'singleToken' } });
    expect(layout.filter(({ name }) => name.includes('qkv'))).toEqual([]);
    expect(layout).toContainEqual({ name: 'attention1/value/kernel', shape: [32, 32] });
  });

  it('equals what the built model starts with, in layout and values', async () => {
    const family = familyOf(request.family);
    const options = family.parseOptions(request.preset, request.options);
    const model = family.build({ features: 20, classes: 4, options, seed: 7 });
    const { layout, metadata, values } = initialWeights(request);
    expect({ layout: model.shared.layout, metadata: model.metadata, values: await readTensors(model.shared) }).toEqual({
      layout,
      metadata,
      values,
    });
    model.dispose();
  });
});

describe('familyOf', () => {
  it('names the families there are when asked for another', () => {
    expect(() => familyOf('attention-xyz')).toThrow(
      expect.objectContaining({
        code: 'CSM-MODEL-FAMILY',
        details: { family: 'attention-xyz', known: 'attention-aml' },
      }),
    );
  });
});
