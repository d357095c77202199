import { elementsOf } from '@consilium/shared/weights';
import { describe, expect, it } from 'vitest';
import { parseOptions, vgg19Mhsa } from './index.js';

const blueprint = {
  ...{ input: { kind: 'images', side: 224 } as const, classes: 4, stage: 'train' },
  options: parseOptions('paper', { freezeBlocks: 4 }),
};
const foreign = vgg19Mhsa.foreign?.(blueprint) ?? [];

/** Places of the convolutions in torchvision's `vgg19().features`: 16 of them, each with a ReLU, and a pool after 2, 4, 8, 12 and 16. */
const places = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34];

describe('names of the VGG19 of PyTorch', () => {
  it('are those of its sixteen convolutions', () => {
    expect(foreign.map(({ name }) => name)).toEqual(
      places.flatMap((place) => [`features.${place}.weight`, `features.${place}.bias`]),
    );
  });

  it('belong to tensors that the network has, whose kernels are turned', () => {
    const parameters = new Map(vgg19Mhsa.parameters(blueprint).map(({ name, shape }) => [name, shape]));
    for (const { tensor, axes } of foreign) {
      expect(parameters.get(tensor), tensor).toHaveLength(axes?.length ?? 1);
    }
    // 3 × 3 × 3 × 64, as [64, 3, 3, 3] there: out, in, height, width.
    const first = foreign[0]!;
    expect(first).toMatchObject({ tensor: 'block1/conv1/kernel', axes: [2, 3, 1, 0] });
    expect(first.axes?.map((axis) => [64, 3, 3, 3][axis])).toEqual(parameters.get(first.tensor));
  });

  it('cover all that four frozen blocks hold', () => {
    const known = new Set(foreign.map(({ tensor }) => tensor));
    const frozen = vgg19Mhsa.parameters(blueprint).filter(({ scope }) => scope === 'frozen');
    expect(frozen.filter(({ name }) => !known.has(name))).toEqual([]);
    expect(frozen.reduce((sum, { shape }) => sum + elementsOf(shape), 0)).toBe(21_208_388 - 10_623_236);
  });
});
