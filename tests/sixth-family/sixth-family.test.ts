import { useBackend } from '@consilium/models/backend';
import { families } from '@consilium/models/families';
import { stream } from '@consilium/models/layers';
import { labelled } from '@consilium/models/samples';
import { readTensors } from '@consilium/models/training';
import { readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import type { Layout, Weights } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Federated, federate, type PreparedSite } from '../harness/federation.js';
import { toy } from './toy.js';

const width = 6;
const run = readRunFile(`name: toy
model: { family: toy, preset: small, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 6, batchSize: 8, optimizer: { name: adam, rate: 0.02 } }
stages:
  - { name: body, rounds: 3 }
  - { name: head, choose: accuracy, schedule: { name: cosine }, proximal: 0.01, gradientLimit: 5, earlyStop: { patience: 4 } }
validation: { bootstrap: 0 }
`);

/** Two clouds of points, whose place and size differ between sites: only what is normalised at each site is alike. */
function site(name: string, shift: number, scale: number): PreparedSite {
  const random = stream(5, name);
  const part = (rows: number) => {
    const y = Int32Array.from({ length: rows }, (_, row) => row % 2);
    const values = Float32Array.from({ length: rows * width }, (_, index) => {
      const label = y[Math.floor(index / width)] ?? 0;
      return shift + scale * (random.normal() + (index % 2 === label ? 2 : 0));
    });
    return labelled({ kind: 'rows', rows, width, values }, y);
  };
  return { site: siteId.parse(name), parts: { train: part(48), validation: part(16), test: part(24) } };
}

const sites = [site('east', 0, 1), site('north', 3, 2), site('west', -1, 0.5)];
const names = ({ layout }: { readonly layout: Layout }) => layout.map((tensor) => tensor.name);
const tensorOf = ({ layout, values }: Weights, name: string) => {
  let offset = 0;
  for (const tensor of layout) {
    const size = tensor.shape.reduce((product, length) => product * length, 1);
    if (tensor.name === name) return values.slice(offset, offset + size);
    offset += size;
  }
  throw new RangeError(`no tensor ${name}`);
};

describe('a sixth family, of one folder and one line', () => {
  let done: Federated;
  beforeAll(async () => {
    await useBackend('wasm');
    done = await federate(run, sites, [...families, toy]);
    return () => done.model.dispose();
  });

  it('goes through both stages and learns', () => {
    expect(done.state).toMatchObject({ phase: 'closed', outcome: 'complete' });
    expect(done.test.metrics?.n).toBe(72);
    expect(done.test.metrics?.accuracy).toBeGreaterThan(0.85);
    const judged = done.state.history.filter(({ step }) => /^validate:\d+$/.test(step));
    const losses = judged.map(({ metrics }) => metrics?.loss ?? Number.NaN);
    expect(losses).toHaveLength(3);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(judged.every(({ metrics }) => metrics?.accuracy === null)).toBe(true);
  });

  it('sends what is shared, and nothing else', () => {
    for (const site of sites) {
      expect(names(done.updates[0]!.get(site.site)!)).toEqual([
        ...['body/kernel', 'body/bias', 'decoder/kernel', 'decoder/bias', 'slow'],
      ]);
      expect(names(done.updates[1]!.get(site.site)!)).toEqual(['head/kernel', 'head/bias']);
    }
  });

  it('freezes in the second stage what the first one ended with', () => {
    const [first, second] = done.stages;
    expect(first!.frozen).toBeNull();
    expect(tensorOf(second!.frozen!, 'body/kernel')).toEqual(tensorOf(first!.model, 'body/kernel'));
    expect(tensorOf(second!.frozen!, 'slow-bias')).toEqual(tensorOf(first!.model, 'slow'));
    expect(tensorOf(first!.model, 'slow').some((value) => value !== 0)).toBe(true);
  });

  it('keeps the statistics of each site at that site', () => {
    const means = sites.map(({ site }) => [...tensorOf(done.carried[1]!.get(site)!, 'norm/moving_mean')]);
    expect(new Set(means.map(String)).size).toBe(3);
    expect(names(done.carried[0]!.get(sites[0]!.site)!)).toEqual([
      ...['norm/gamma', 'norm/beta', 'norm/moving_mean', 'norm/moving_variance'],
    ]);
  });

  it('says its baselines and figures in the final test', () => {
    expect(done.test.panels).toMatchObject([{ name: 'even', metrics: { n: 72, accuracy: 0.5 } }]);
    expect(done.test.figures).toEqual([{ name: 'one', n: 72, mean: 1 }]);
  });

  it('does the same again, to the last bit', async () => {
    const again = await federate(run, sites, [...families, toy]);
    expect(await readTensors(again.model.shared)).toEqual(await readTensors(done.model.shared));
    expect(again.state.best).toEqual(done.state.best);
    again.model.dispose();
  });
});
