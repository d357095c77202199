import { describe, expect, it } from 'vitest';
import { type LabelledSamples, labelled } from '../../samples/index.js';
import { checkInput } from './data.js';

const blueprint = { input: { kind: 'images', side: 8 }, classes: 3 } as const;
const images = (side: number, y: readonly number[]): LabelledSamples =>
  labelled(
    { kind: 'images', rows: y.length, side, pixels: new Uint8Array(3 * y.length * side ** 2) },
    Int32Array.from(y),
  );

describe('checkInput', () => {
  it('takes images of the side and known classes', () => {
    expect(() => checkInput(images(8, [0, 2]), blueprint)).not.toThrow();
  });

  it.each([
    { name: 'images of another side', given: images(16, [0]), problem: '16 pixels' },
    { name: 'an unknown class', given: images(8, [0, 3]), problem: 'label' },
    { name: 'a missing class', given: images(8, [-1]), problem: 'label' },
    {
      name: 'a table',
      given: labelled({ kind: 'rows', rows: 1, width: 1, values: Float32Array.of(1) }, Int32Array.of(0)),
      problem: 'no images',
    },
  ])('refuses $name', ({ given, problem }) => {
    expect(() => checkInput(given, blueprint)).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-INPUT', message: expect.stringContaining(problem) }),
    );
  });
});
