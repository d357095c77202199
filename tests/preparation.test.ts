import { useBackend } from '@consilium/models/backend';
import { stream } from '@consilium/models/layers';
import { asRows, labelled } from '@consilium/models/samples';
import { readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import { imputedValues } from '@consilium/shared/statistics';
import type { Dataset, Part } from '@consilium/site-agent/data';
import { applyPreparation } from '@consilium/site-agent/preparation';
import { beforeAll, describe, expect, it } from 'vitest';
import { unsignedContract } from './harness/contract.js';
import { type Federated, federate } from './harness/federation.js';
import { prepareSites, type SiteCohort } from './harness/preparation.js';

const names = [...'ABCDEFGHIJKL'].map((letter) => `gene ${letter}`);
const genes = names.length;
const kept = 8;
const run = readRunFile(`name: prepared
model: { family: attention-aml, preset: small, classes: [A, B], options: { attentionMode: featureTokens } }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
preparation:
  select: { anova: ${kept} }
  impute: median
  harmonise: combat
  oversample: { method: smote, neighbours: 3 }
training: { rounds: 6, batchSize: 8, optimizer: { name: adam, rate: 0.01 } }
validation: { bootstrap: 0 }
`);

/** A hospital whose machine moves and stretches all values, with a quarter of class B, and 5 % of the values missing. */
function cohort(name: string, size: number, { shift, spread }: { shift: number; spread: number }): SiteCohort {
  const random = stream(11, name);
  const part = (rows: number): Part => {
    const y = Int32Array.from({ length: rows }, (_, row) => (row % 4 === 0 ? 1 : 0));
    const values = Float32Array.from({ length: rows * genes }, (_, index) => {
      const gene = index % genes;
      const signal = gene < 5 && y[Math.floor(index / genes)] === 1 ? 1.5 + gene / 8 : 0;
      const value = shift * Math.sin(gene) + spread * (random.normal() + signal);
      return random.uniform() < 0.05 ? Number.NaN : value;
    });
    return labelled({ kind: 'rows', rows, width: genes, values }, y);
  };
  const parts = { train: part(size), validation: part(16), test: part(24) };
  const dataset: Dataset = {
    features: names,
    classes: ['A', 'B'],
    parts,
    ids: { train: [], validation: [], test: [] },
    counts: { read: size + 40, kept: size + 40, otherLabel: 0, quarantined: 0, missingFeatures: 0 },
    quarantine: [],
  };
  return { site: siteId.parse(name), dataset };
}

const cohorts = [
  cohort('east', 60, { shift: 0.5, spread: 1 }),
  cohort('north', 44, { shift: -1, spread: 2 }),
  cohort('west', 36, { shift: 0.2, spread: 0.6 }),
];
const prepared = prepareSites(unsignedContract(run), cohorts);
const { state } = prepared;

type Table = readonly (readonly number[])[];

const tableOf = (part: Part, columns: readonly number[]): Table => {
  const { values, width } = asRows(part.input);
  return Array.from({ length: part.rows }, (_, row) => columns.map((column) => values[row * width + column]!));
};
const column = (table: Table, at: number): readonly number[] => table.map((row) => row[at]!);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const meanOf = (values: readonly number[]): number => sum(values) / values.length;
const varianceOf = (values: readonly number[], less = 1): number =>
  sum(values.map((value) => (value - meanOf(values)) ** 2)) / (values.length - less);
const known = (values: readonly number[]): readonly number[] => values.filter((value) => !Number.isNaN(value));

/** F of a one-way analysis of variance, by the textbook. */
function fOf(values: readonly number[], y: readonly number[]): number {
  const all = known(values);
  const groups = [0, 1].map((label) => known(values.filter((_, row) => y[row] === label)));
  const between = sum(groups.map((own) => own.length * (meanOf(own) - meanOf(all)) ** 2));
  const within = sum(groups.map((own) => varianceOf(own, 0) * own.length));
  return between / (within / (all.length - 2));
}

/** ComBat of batches in one place, as its authors write it: the function that each batch's rows go through. */
function pooledCombat(batches: readonly Table[]): readonly ((table: Table) => Table)[] {
  const samples = sum(batches.map(({ length }) => length));
  const own = Array.from({ length: kept }, (_, gene) => batches.map((batch) => meanOf(column(batch, gene))));
  const grand = own.map((means) => sum(means.map((mean, at) => (mean * batches[at]!.length) / samples)));
  const sd = own.map((means, gene) =>
    Math.sqrt(
      sum(batches.flatMap((batch, at) => column(batch, gene).map((value) => (value - means[at]!) ** 2))) / samples,
    ),
  );
  return batches.map((batch) => {
    const standardised = grand.map((mean, gene) => column(batch, gene).map((value) => (value - mean) / sd[gene]!));
    const gammaHat = standardised.map(meanOf);
    const deltaHat = standardised.map((values) => varianceOf(values));
    const [centre, tau2] = [meanOf(gammaHat), varianceOf(gammaHat)];
    const [m, s2] = [meanOf(deltaHat), varianceOf(deltaHat)];
    const [a, b] = [(2 * s2 + m ** 2) / s2, (m * s2 + m ** 3) / s2];
    const n = batch.length;
    const effects = standardised.map((values, gene) => {
      let [gamma, delta] = [gammaHat[gene]!, deltaHat[gene]!];
      for (let step = 0; step < 500; step++) {
        gamma = (tau2 * n * gammaHat[gene]! + delta * centre) / (tau2 * n + delta);
        delta = (sum(values.map((value) => (value - gamma) ** 2)) / 2 + b) / (n / 2 + a - 1);
      }
      return { gamma, delta };
    });
    return (table) =>
      table.map((row) =>
        row.map((value, gene) => {
          const { gamma, delta } = effects[gene]!;
          return (sd[gene]! * ((value - grand[gene]!) / sd[gene]! - gamma)) / Math.sqrt(delta) + grand[gene]!;
        }),
      );
  });
}

describe('preparation over three sites', () => {
  it('asks for its statistics step by step, twice where a step needs two passes', () => {
    expect(prepared.sent.map(({ step }) => step)).toEqual([
      ...['cohort:1', 'select:1', 'impute:1', 'impute:2', 'combat:1', 'combat:2', 'scale:1'],
    ]);
  });

  const y = cohorts.flatMap(({ dataset }) => [...dataset.parts.train.y]);
  const everything = cohorts.flatMap(({ dataset }) =>
    tableOf(
      dataset.parts.train,
      Array.from({ length: genes }, (_, gene) => gene),
    ),
  );

  it('selects the features that the pooled samples would', () => {
    const scores = Array.from({ length: genes }, (_, gene) => fOf(column(everything, gene), y));
    const best = scores
      .map((_, gene) => gene)
      .sort((a, b) => scores[b]! - scores[a]!)
      .slice(0, kept)
      .sort((a, b) => a - b);
    expect(state.features).toEqual(best.map((gene) => names[gene]));
    const found = state.fitted?.select;
    for (const [at, gene] of best.entries()) {
      expect(found).toHaveProperty(`scores.${at}`, expect.closeTo(scores[gene]!, 5));
    }
  });

  const chosen = state.features.map((name) => names.indexOf(name));

  it('finds the median of the pooled values to within the grid', () => {
    for (const [at, gene] of chosen.entries()) {
      const values = known(column(everything, gene)).toSorted((a, b) => a - b);
      const median = (values[Math.floor((values.length - 1) / 2)]! + values[Math.floor(values.length / 2)]!) / 2;
      expect(Math.abs(imputedValues(state)[at]! - median)).toBeLessThan(0.15 * Math.sqrt(varianceOf(values)));
    }
  });

  const filled = (part: Part): Table =>
    tableOf(part, chosen).map((row) =>
      row.map((value, at) => (Number.isNaN(value) ? Math.fround(imputedValues(state)[at]!) : value)),
    );

  it('harmonises and scales as if all samples lay in one place, in every part', () => {
    const changes = pooledCombat(cohorts.map(({ dataset }) => filled(dataset.parts.train)));
    const training = cohorts.flatMap(({ dataset }, site) => changes[site]!(filled(dataset.parts.train)));
    const mean = chosen.map((_, at) => meanOf(column(training, at)));
    const sd = chosen.map((_, at) => Math.sqrt(varianceOf(column(training, at))));
    for (const [site, { dataset }] of cohorts.entries()) {
      for (const name of ['train', 'validation', 'test'] as const) {
        const expected = changes[site]!(filled(dataset.parts[name])).flatMap((row) =>
          row.map((value, at) => (value - mean[at]!) / sd[at]!),
        );
        const found = asRows(prepared.sites[site]!.parts[name].input).values;
        const apart = expected.map((value, at) => Math.abs(value - found[at]!));
        expect(apart.length).toBe(found.length);
        expect(Math.max(...apart)).toBeLessThan(1e-6);
      }
    }
  });

  it('is applied by a hospital that comes later, which fits its own part to its own patients', () => {
    const late = cohort('south', 40, { shift: 1.5, spread: 3 }).dataset;
    const parts = applyPreparation(late, state, run).parts;
    for (let at = 0; at < kept; at++) {
      const values = column(tableOf(parts.train, [...chosen.keys()]), at);
      expect(Math.abs(meanOf(values))).toBeLessThan(0.5);
      expect(Math.sqrt(varianceOf(values))).toBeLessThan(1.6);
    }
    const few = {
      ...late,
      parts: { ...late.parts, train: cohort('tiny', 4, { shift: 0, spread: 1 }).dataset.parts.train },
    };
    expect(() => applyPreparation(few, state, run)).toThrow(
      expect.objectContaining({ code: 'CSM-EVALUATE-CALIBRATION' }),
    );
  });
});

describe('a run on prepared samples, with SMOTE in training', () => {
  let done: Federated;
  beforeAll(async () => {
    await useBackend('wasm');
    done = await federate(run, prepared.sites);
    return () => done.model.dispose();
  });

  it('learns, and each site stands for its own patients alone', () => {
    expect(done.state).toMatchObject({ phase: 'closed', outcome: 'complete' });
    expect([...done.state.samples.values()]).toEqual([60, 44, 36]);
    expect(done.test.metrics?.n).toBe(72);
    expect(done.test.metrics?.balancedAccuracy).toBeGreaterThan(0.8);
  });

  it('trains on other samples than without, and sends nothing else', async () => {
    const { oversample: _, ...preparation } = run.preparation;
    const plain = await federate({ ...run, preparation }, prepared.sites);
    for (const { site } of cohorts) {
      const [one, other] = [done, plain].map(({ updates }) => updates[0]!.get(site)!);
      expect(one!.layout).toEqual(other!.layout);
      expect(one!.values).not.toEqual(other!.values);
    }
    plain.model.dispose();
  });
});
