import { describe, expect, it } from 'vitest';
import { bloodLineages, lineageCells } from './index.js';

const options = {
  ...{ seed: 3, genes: 50, diseases: ['A', 'B', 'C'], lineages: bloodLineages },
  sites: [
    { name: 'north', donors: 6, cellsPerDonor: 40 },
    { name: 'south', donors: 3, cellsPerDonor: 5 },
  ],
};
const { genes, moved, sites } = lineageCells(options);
const { cells } = sites[0]!;
const values = cells.input.kind === 'rows' ? cells.input.values : new Float32Array();

/** Mean over cells of a disease and lineage, gene by gene. */
function profile(disease: number, lineage: number): readonly number[] {
  const rows = [...cells.y.keys()].filter((row) => cells.y[row] === disease && cells.groups?.[row] === lineage);
  return genes.map((_, gene) => rows.reduce((sum, row) => sum + values[row * genes.length + gene]!, 0) / rows.length);
}

/** Correlation over genes of what tells disease 0 from 1 in one lineage with the same in another. */
function agreement(lineage: number, other: number): number {
  const [one, two] = [lineage, other].map((at) => {
    const [first, second] = [profile(0, at), profile(1, at)];
    return first.map((value, gene) => value - second[gene]!);
  });
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
  return dot(one!, two!) / Math.sqrt(dot(one!, one!) * dot(two!, two!));
}

describe('lineageCells', () => {
  it('is the same for a seed, and a site does not depend on the others', () => {
    expect(lineageCells(options)).toEqual({ ...lineageCells(options), sites });
    expect(lineageCells({ ...options, sites: options.sites.slice(1) }).sites[0]).toEqual(sites[1]);
    expect(lineageCells({ ...options, seed: 4 }).sites[0]!.cells.input).not.toEqual(cells.input);
  });

  it('gives every donor one disease and as many cells of each lineage, and says synthetic', () => {
    expect(cells.rows).toBe(6 * 3 * 40);
    for (const donor of [0, 1, 2, 3, 4, 5]) {
      const rows = [...cells.y.keys()].filter((row) => cells.patients[row] === donor);
      expect(new Set(rows.map((row) => cells.y[row]))).toEqual(new Set([donor % 3]));
      expect([0, 1, 2].map((lineage) => rows.filter((row) => cells.groups?.[row] === lineage).length)).toEqual([
        40, 40, 40,
      ]);
    }
    expect(lineageCells(options).metadata.synthetic).toBe(true);
    expect(genes.every((gene) => gene.startsWith('SYNTH-GENE-'))).toBe(true);
    expect(values.every((value) => value >= 0 && value < 12)).toBe(true);
  });

  it('says which genes a disease moves', () => {
    expect(moved.map(({ disease }) => disease)).toEqual(options.diseases);
    const [first, second] = [profile(0, 0), profile(1, 0)];
    const apart = (gene: string) => Math.abs(first[genes.indexOf(gene)]! - second[genes.indexOf(gene)]!);
    const planted = moved[0]!.genes.filter((gene) => !moved[1]!.genes.includes(gene));
    expect(planted.length).toBeGreaterThan(3);
    expect(planted.every((gene) => apart(gene) > 0.6)).toBe(true);
    const still = genes.filter((gene) => moved.every((one) => !one.genes.includes(gene)));
    expect(still.every((gene) => apart(gene) < 0.6)).toBe(true);
  });

  it('has a signature of each disease in all lineages, less and less alike', () => {
    expect(agreement(0, 1)).toBeGreaterThan(0.5);
    expect(agreement(0, 2)).toBeGreaterThan(0.2);
    expect(agreement(0, 1)).toBeGreaterThan(agreement(0, 2));
  });
});
