import { useBackend } from '@consilium/models/backend';
import { type LabelledSamples, pick } from '@consilium/models/samples';
import { phenotypes } from '@consilium/models/synthetic';
import { span } from '@consilium/models/training';
import { readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import type { Weights } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Federated, federate, type PreparedSite } from './harness/federation.js';

/** Three stages over three sites of 20 patients each; chosen by the validation loss of each stage. */
const run = readRunFile(`name: genbloom
model: { family: genbloom, preset: small, classes: [A, B, C] }
data: { kind: expression-table, label: alteration, files: { features: smears.csv } }
training: { rounds: 3, localEpochs: 4, batchSize: 20, gradientLimit: 3, optimizer: { name: adam, rate: 5.0e-4, weightDecay: 0.01 } }
stages:
  - { name: pretrain }
  - { name: align, rounds: 10, optimizer: { name: adam, rate: 3.0e-3, weightDecay: 0.01 } }
  - { name: probe, rounds: 5, localEpochs: 20, optimizer: { name: adam, rate: 0.01 } }
validation: { bootstrap: 0 }
`);

/** A hospital's smears; the last ones are kept from training. */
function site(name: string): PreparedSite {
  const smears = phenotypes({
    ...{ seed: 4, site: name, patients: 80, cells: 16, width: 32, smear: 1, untested: 0.1 },
    ...{ karyotypeBits: 24, mutationBits: 6 },
  });
  const part = (start: number, end: number): LabelledSamples => pick(smears, span(start, end));
  return { site: siteId.parse(name), parts: { train: part(0, 20), validation: part(20, 40), test: part(40, 80) } };
}

const sites = ['east', 'north', 'south'].map(site);
const names = (weights: Weights | undefined): readonly string[] => weights?.layout.map(({ name }) => name) ?? [];

describe('genbloom over three sites of invented smears', () => {
  let done: Federated;
  beforeAll(async () => {
    await useBackend('wasm');
    done = await federate(run, sites);
    return () => done.model.dispose();
  });

  const figure = (name: string) => done.test.figures?.find((one) => one.name === name)?.mean ?? Number.NaN;
  const panel = (name: string) => done.test.panels?.find((one) => one.name === name)?.metrics.accuracy ?? Number.NaN;

  it('finds patients of one alteration among others better than the mean of a bag does', () => {
    expect(done.state).toMatchObject({ phase: 'closed', outcome: 'complete' });
    expect(figure('retrieval-map3')).toBeGreaterThan(figure('mean-pool retrieval-map3') + 0.15);
    expect(figure('retrieval-map3')).toBeGreaterThan(0.6);
    expect(panel('nearest-5')).toBeGreaterThan(panel('mean-pool nearest-5'));
    expect(done.test.metrics?.accuracy).toBeGreaterThan(0.75);
    expect(done.test.metrics?.n).toBe(120);
  });

  it('judges the first two stages by their own loss', () => {
    const losses = (stage: RegExp) =>
      done.state.history.filter(({ step }) => stage.test(step)).map(({ metrics }) => metrics?.loss ?? Number.NaN);
    expect(losses(/^validate:\d+$/)).toHaveLength(3);
    const aligned = losses(/^validate:1:\d+$/);
    expect(aligned).toHaveLength(10);
    expect(Math.min(...aligned)).toBeLessThan(0.9 * aligned[0]!);
  });

  it('sends student, teacher and centres, then what is aligned, then one linear layer', () => {
    const [pretrain, align, probe] = done.updates.map((updates) => names(updates.get(sites[0]!.site)));
    const beginnings = (list: readonly string[] = []) => new Set(list.map((name) => name.split('/')[0]));
    expect(beginnings(pretrain)).toEqual(new Set(['student', 'aggregator', 'head', 'centre']));
    expect(beginnings(align)).toEqual(new Set(['aggregator', 'projection', 'karyotype', 'mutations']));
    expect(align?.filter((name) => name.includes('/norm/') && !name.startsWith('aggregator'))).toEqual([]);
    expect(probe).toEqual(['classifier/kernel', 'classifier/bias']);
  });

  it('keeps the normalisations of projection and genetic encoders at each site', () => {
    const kept = sites.map(({ site }) => done.carried[1]!.get(site)!);
    expect(names(kept[0])).toHaveLength(12);
    expect(new Set(kept.map(({ values }) => String(values))).size).toBe(3);
  });

  it('goes on in each stage from the teacher of the first', () => {
    const [, align, probe] = done.stages;
    const valuesOf = (weights: Weights | null | undefined, wanted: string) => {
      let offset = 0;
      for (const { name, shape } of weights?.layout ?? []) {
        const end = offset + shape.reduce((product, length) => product * length, 1);
        if (name === wanted) return weights?.values.slice(offset, end);
        offset = end;
      }
      return undefined;
    };
    expect(names(align?.frozen ?? undefined)).toEqual(['aggregator/mask']);
    expect(valuesOf(probe?.frozen, 'aggregator/embed/kernel')).toEqual(
      valuesOf(align?.model, 'aggregator/embed/kernel'),
    );
    expect(valuesOf(align?.frozen, 'aggregator/mask')).toEqual(valuesOf(done.stages[0]?.model, 'aggregator/mask'));
  });
});
