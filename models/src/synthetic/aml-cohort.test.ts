import { describe, expect, it } from 'vitest';
import type { AmlCohort, AmlCohortOptions } from './index.js';
import { amlCohort, amlSubtypes, skewedShares } from './index.js';

const classes = ['A', 'B', 'C'];
const options: AmlCohortOptions = {
  seed: 7,
  sites: [
    { name: 'north', patients: 300, classShares: [1, 1, 1], shift: 0 },
    { name: 'south', patients: 90, classShares: [2, 1, 0], shift: 1 },
  ],
  features: 40,
  classes,
  markersPerClass: 5,
};

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const sd = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

/** A gene's values at a site, of one class or of all but it. */
function values(cohort: AmlCohort, site: number, gene: string, keep: (label: string) => boolean): number[] {
  const { expression, samples } = cohort.sites[site]!;
  const column = expression.header.indexOf(gene);
  return expression.rows.filter((_, row) => keep(String(samples.rows[row]![2]))).map((row) => Number(row[column]));
}

describe('amlCohort', () => {
  const cohort = amlCohort(options);

  it('is the same for a seed, and a site does not depend on the others', () => {
    expect(amlCohort(options)).toEqual(cohort);
    expect(amlCohort({ ...options, sites: options.sites.slice(1) }).sites[0]).toEqual(cohort.sites[1]);
    expect(amlCohort({ ...options, seed: 8 }).sites[0]!.expression).not.toEqual(cohort.sites[0]!.expression);
  });

  it('says synthetic everywhere', () => {
    expect(cohort.metadata.synthetic).toBe(true);
    for (const { name, expression, samples } of cohort.sites) {
      expect(expression.header.slice(1).every((gene) => /^SYNTH-GENE-\d{3}$/.test(gene))).toBe(true);
      expect(samples.header).toEqual(['sample', 'site', 'subtype', 'synthetic']);
      samples.rows.forEach((row, index) => {
        expect(row[0]).toMatch(new RegExp(`^synthetic-${name}-\\d{4}$`));
        expect(row[0]).toBe(expression.rows[index]![0]);
        expect(row[3]).toBe('true');
      });
    }
  });

  it('shares classes out as asked', () => {
    const count = (site: number) =>
      classes.map((label) => cohort.sites[site]!.samples.rows.filter((row) => row[2] === label).length);
    expect(count(0)).toEqual([100, 100, 100]);
    expect(count(1)).toEqual([60, 30, 0]);
  });

  it('raises every marker gene by two of its SDs in its own class', () => {
    expect(new Set(cohort.markers.flatMap(({ genes }) => genes)).size).toBe(15);
    for (const { class: label, genes } of cohort.markers) {
      for (const gene of genes) {
        const others = values(cohort, 0, gene, (other) => other !== label);
        const own = values(cohort, 0, gene, (other) => other === label);
        expect((mean(own) - mean(others)) / sd(others)).toBeGreaterThan(1.4);
        expect((mean(own) - mean(others)) / sd(others)).toBeLessThan(2.6);
      }
    }
  });

  it('shifts genes at a site by the spread asked for', () => {
    const shift = (site: number) => {
      const genes = cohort.sites[0]!.expression.header.slice(1);
      const plain = amlCohort({ ...options, sites: options.sites.map((one) => ({ ...one, shift: 0 })) });
      return genes.map(
        (gene) => mean(values(cohort, site, gene, () => true)) - mean(values(plain, site, gene, () => true)),
      );
    };
    expect(sd(shift(0))).toBe(0);
    expect(sd(shift(1))).toBeGreaterThan(0.6);
    expect(sd(shift(1))).toBeLessThan(1.6);
  });

  it('holds values a file of log2(TPM + 1) could hold', () => {
    const all = cohort.sites.flatMap(({ expression }) => expression.rows.flatMap((row) => row.slice(1).map(Number)));
    expect(all.every((value) => Number.isFinite(value) && value >= 0 && value < 20)).toBe(true);
  });

  it('refuses what cannot be made', () => {
    expect(() => amlCohort({ ...options, markersPerClass: 20 })).toThrow(RangeError);
    const sites = [{ name: 'x', patients: 5, classShares: [0, 0, 0], shift: 0 }];
    expect(() => amlCohort({ ...options, sites })).toThrow(RangeError);
    expect(() => amlCohort({ ...options, sites: [{ ...sites[0]!, classShares: [1, 1] }] })).toThrow(RangeError);
  });
});

describe('class shares', () => {
  it('hold the 21 subtypes, the published figures adding up to about 100 %', () => {
    expect(amlSubtypes).toHaveLength(21);
    expect(Math.abs(amlSubtypes.reduce((sum, { percent }) => sum + percent, 0) - 100)).toBeLessThan(2);
  });

  it('add up to the prior over all sites, whatever the skew', () => {
    const prior = [0.5, 0.3, 0.2];
    const sum = (shares: readonly (readonly number[])[]) =>
      prior.map((_, label) => shares.reduce((total, row) => total + row[label]!, 0));
    for (const skew of [0, 0.6, 1]) {
      sum(skewedShares(prior, 2, skew)).forEach((share, label) => {
        expect(share).toBeCloseTo(prior[label]!, 10);
      });
    }
    expect(skewedShares(prior, 2, 1)).toEqual([
      [0.5, 0, 0.2],
      [0, 0.3, 0],
    ]);
    expect(() => skewedShares(prior, 2, 2)).toThrow(RangeError);
  });
});
