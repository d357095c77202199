import { type Layout, layoutElements, type Weights } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../backend/index.js';
import { constant, type Parameter } from '../layers/index.js';
import { readTensors } from '../training/index.js';
import { blueprintOf, type Family, families, familyOf, initialWeights } from './index.js';

const request = {
  ...{ family: 'attention-aml', preset: 'small', options: {}, stage: 'train' },
  ...{ input: { kind: 'rows', width: 20 } as const, classes: 4, seed: 7 },
};

describe('initialWeights', () => {
  beforeAll(() => useBackend('cpu'));

  it('is the same for a seed and another for the next', () => {
    expect(initialWeights(request)).toEqual(initialWeights(request));
    expect(initialWeights(request).shared.values).not.toEqual(initialWeights({ ...request, seed: 8 }).shared.values);
  });

  it('says what it holds', () => {
    const { layout, metadata, values } = initialWeights(request).shared;
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
    const { layout } = initialWeights({ ...request, options: { attentionMode: 'singleToken' } }).shared;
    expect(layout.filter(({ name }) => name.includes('qkv'))).toEqual([]);
    expect(layout).toContainEqual({ name: 'attention1/value/kernel', shape: [32, 32] });
  });

  it('equals what the built model starts with, in layout and values', async () => {
    const { family, blueprint } = blueprintOf(request);
    const model = family.build({ ...blueprint, seed: 7 });
    const { layout, metadata, values } = initialWeights(request).shared;
    expect({ layout: model.shared.layout, metadata: model.metadata, values: await readTensors(model.shared) }).toEqual({
      layout,
      metadata,
      values,
    });
    model.dispose();
  });
});

describe('blueprintOf', () => {
  it.each([
    { changes: { stage: 'pretrain' }, code: 'CSM-MODEL-STAGE' },
    { changes: { input: { kind: 'images', side: 64 } as const }, code: 'CSM-MODEL-KIND' },
    { changes: { options: { depth: 3 } }, code: 'CSM-MODEL-OPTIONS' },
  ])('refuses what the family is not made for: $code', ({ changes, code }) => {
    expect(() => blueprintOf({ ...request, ...changes })).toThrow(expect.objectContaining({ code }));
  });
});

describe('a stage after others', () => {
  const draw = (list: readonly Parameter[]): Family => ({
    ...familyOf('attention-aml'),
    stages: ['first', 'second'],
    parameters: () => list,
  });
  const start = (list: readonly Parameter[], earlier: readonly Weights[] = []) =>
    initialWeights({ ...request, stage: 'second', earlier }, [draw(list)]);
  const weights = (values: readonly number[], ...layout: Layout): Weights => ({
    ...{ layout, metadata: {}, values: Float32Array.from(values) },
  });
  const one = { name: 'one', shape: [2], draw: constant(5) };
  const imported = weights([8, 9, 3], { name: 'one', shape: [2] }, { name: 'old', shape: [1] });
  const startFrom = (list: readonly Parameter[], earlier: readonly Weights[] = []) =>
    initialWeights({ ...request, stage: 'second', earlier, imported }, [draw(list)]);

  it('starts with the values of the stage before, by name or from where it says', () => {
    const earlier = [
      weights([1, 2], { name: 'one', shape: [2] }),
      weights([3, 4, 9], { name: 'one', shape: [2] }, { name: 'old', shape: [1] }),
    ];
    const { shared, frozen } = start(
      [one, { name: 'kept', shape: [1], draw: constant(7), from: 'old', scope: 'frozen' }],
      earlier,
    );
    expect([...shared.values]).toEqual([3, 4]);
    expect(frozen).toMatchObject({ layout: [{ name: 'kept', shape: [1] }], values: Float32Array.of(9) });
    expect(shared.metadata).toMatchObject({ stage: 'second' });
  });

  it('draws what no stage gave, and what has another shape now', () => {
    const earlier = [weights([1, 2, 3], { name: 'one', shape: [3] })];
    const drawn = { name: 'other', shape: [1], draw: constant(7) };
    expect([...start([one, drawn], earlier).shared.values]).toEqual([5, 5, 7]);
  });

  it('starts with imported values where the stage before has no such tensor', () => {
    const renamed: Parameter = { name: 'kept', shape: [1], draw: constant(7), from: 'old', scope: 'frozen' };
    const { shared, frozen } = startFrom([one, renamed]);
    expect([[...shared.values], [...(frozen?.values ?? [])]]).toEqual([[8, 9], [3]]);
    const earlier = [weights([1, 2], { name: 'one', shape: [2] })];
    expect([...startFrom([one, renamed], earlier).shared.values]).toEqual([1, 2]);
  });

  it('refuses an imported tensor of another shape', () => {
    expect(() => startFrom([{ ...one, shape: [2, 1] }])).toThrow(
      expect.objectContaining({
        code: 'CSM-IMPORT-SHAPE',
        details: { tensor: 'one', given: '[2]', wanted: '[2, 1]' },
      }),
    );
  });

  it('leaves out what lives at a site alone', () => {
    const { shared, frozen } = start([one, { ...one, name: 'own', scope: 'local' }]);
    expect(shared.layout.map(({ name }) => name)).toEqual(['one']);
    expect(frozen).toBeNull();
  });
});

describe('familyOf', () => {
  it('names the families there are when asked for another', () => {
    expect(() => familyOf('attention-xyz')).toThrow(
      expect.objectContaining({
        code: 'CSM-MODEL-FAMILY',
        details: { family: 'attention-xyz', known: families.map(({ name }) => name).join(', ') },
      }),
    );
  });
});
