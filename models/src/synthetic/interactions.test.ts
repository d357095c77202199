import { describe, expect, it } from 'vitest';
import { asRows, denseRows, type LabelledSamples } from '../samples/index.js';
import { interactions } from './index.js';

const options = {
  seed: 5,
  genes: 12,
  sites: [
    { name: 'north', patients: 400, shift: 0 },
    { name: 'south', patients: 400, shift: 1 },
  ],
};

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A gene's values, and labels of −1 and 1, of each patient. */
function columns({ input, y, rows }: LabelledSamples) {
  const values = denseRows(asRows(input), Int32Array.from(y.keys()));
  const column = (gene: number) => Array.from({ length: rows }, (_, row) => values[row * 12 + gene]!);
  return { column, signs: Array.from(y, (label) => 2 * label - 1) };
}

describe('interactions', () => {
  const made = interactions(options);

  it('is the same for a seed, and a site does not depend on the others', () => {
    expect(interactions(options)).toEqual(made);
    expect(interactions({ ...options, sites: options.sites.slice(1) }).sites[0]).toEqual(made.sites[1]);
    expect(interactions({ ...options, seed: 6 }).sites[0]).not.toEqual(made.sites[0]);
  });

  it('says synthetic everywhere', () => {
    expect(made.metadata.synthetic).toBe(true);
    expect(made.genes).toHaveLength(12);
    expect(made.genes.every((gene) => /^SYNTH-GENE-\d{3}$/.test(gene))).toBe(true);
  });

  it('plants a response that no gene tells by itself, and three genes tell exactly', () => {
    const { column, signs } = columns(made.sites[0]!.patients);
    for (let gene = 0; gene < 12; gene++) {
      const values = column(gene);
      const correlation = mean(values.map((value, row) => value * signs[row]!));
      expect(Math.abs(correlation)).toBeLessThan(0.2);
    }
    const { switch: s, switched } = made.planted;
    const [deciding, a, b] = [s, ...switched].map((gene) => column(made.genes.indexOf(gene)));
    const right = signs.filter((sign, row) => sign * deciding![row]! * (a![row]! + b![row]!) > 0);
    expect(right).toHaveLength(400);
    expect(Math.abs(mean(signs))).toBeLessThan(0.15);
  });

  it('measures elsewhere and with another spread where a site is shifted', () => {
    const sd = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
    const spreads = made.sites.map(({ patients }) => {
      const { column } = columns(patients);
      const genes = Array.from({ length: 12 }, (_, gene) => column(gene));
      return { offsets: genes.map(mean), spreads: genes.map(sd) };
    });
    expect(Math.max(...spreads[0]!.offsets.map(Math.abs))).toBeLessThan(0.25);
    expect(sd(spreads[1]!.offsets)).toBeGreaterThan(0.5);
    expect(Math.max(...spreads[1]!.spreads) / Math.min(...spreads[1]!.spreads)).toBeGreaterThan(1.5);
  });

  it('refuses fewer genes than interact', () => {
    expect(() => interactions({ ...options, genes: 2 })).toThrow(RangeError);
  });
});
