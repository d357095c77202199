import { describe, expect, it } from 'vitest';
import type { LabelledSamples } from '../samples/index.js';
import { type PhenotypeOptions, phenotypes } from './index.js';

const options: PhenotypeOptions = {
  ...{ seed: 3, site: 'north', patients: 60, cells: 16, width: 32, karyotypeBits: 24, mutationBits: 6 },
  ...{ smear: 1, untested: 0.2 },
};

/** How far apart the means of two patients' bags lie. */
function apart({ input }: LabelledSamples, one: number, other: number): number {
  if (input.kind !== 'bags') throw new TypeError(input.kind);
  const { width, values, starts } = input;
  const mean = (row: number, column: number) => {
    const [start, end] = [starts[row]!, starts[row + 1]!];
    let sum = 0;
    for (let cell = start; cell < end; cell++) sum += values[cell * width + column]! / (end - start);
    return sum;
  };
  return Math.hypot(...Array.from({ length: width }, (_, column) => mean(one, column) - mean(other, column)));
}

function meanApart(samples: LabelledSamples, alike: boolean): number {
  const pairs = [...samples.y.keys()].flatMap((one) =>
    [...samples.y.keys()]
      .filter((other) => other < one && (samples.y[one] === samples.y[other]) === alike)
      .map((other) => apart(samples, one, other)),
  );
  return pairs.reduce((sum, distance) => sum + distance, 0) / pairs.length;
}

describe('phenotypes', () => {
  const samples = phenotypes(options);

  it('are the same for a seed, and other patients of the same biology elsewhere', () => {
    expect(phenotypes(options)).toEqual(samples);
    expect(phenotypes({ ...options, site: 'south' }).input).not.toEqual(samples.input);
    expect(phenotypes({ ...options, seed: 4 }).input).not.toEqual(samples.input);
  });

  it('have a bag and one of three alterations each, all as frequent', () => {
    expect(samples.input).toMatchObject({ kind: 'bags', rows: 60, width: 32 });
    expect([0, 1, 2].map((label) => samples.y.filter((one) => one === label).length)).toEqual([20, 20, 20]);
  });

  it('carry the findings of their alteration, or none where nobody looked', () => {
    for (const [name, width] of [
      ['karyotype', 24],
      ['mutations', 6],
    ] as const) {
      const { values } = samples.sides[name]!;
      expect(values).toHaveLength(60 * width);
      const untested = [...samples.y.keys()].filter((row) => Number.isNaN(values[row * width]!));
      expect(untested.length).toBeGreaterThan(2);
      expect(untested.length).toBeLessThan(25);
      samples.y.forEach((label, row) => {
        const own = values.subarray(row * width, (row + 1) * width);
        if (untested.includes(row)) expect(own.every(Number.isNaN)).toBe(true);
        else expect(own.every((bit, at) => (at % 6 === label ? bit === 1 : bit === 0 || bit === 1))).toBe(true);
      });
    }
  });

  it('are hidden from the mean of a bag by the stain alone', () => {
    expect(meanApart(samples, false) / meanApart(samples, true)).toBeLessThan(1.1);
    const plain = phenotypes({ ...options, smear: 0 });
    expect(meanApart(plain, false) / meanApart(plain, true)).toBeGreaterThan(1.3);
  });
});
