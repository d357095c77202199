import { fold } from '@consilium/coordinator/aggregation';
import { memoryBlobs } from '@consilium/coordinator/store';
import { type tf, useBackend } from '@consilium/models/backend';
import { labelled } from '@consilium/models/samples';
import { assignTensors, type Model, openModel, readTensors, train } from '@consilium/models/training';
import type { StrategySettings } from '@consilium/shared/contract';
import { type BlobHash, siteId } from '@consilium/shared/ids';
import { decodeWeights, encodeWeights } from '@consilium/shared/weights';
import { correctionOf, variateAfter } from '@consilium/site-agent/model';
import { beforeAll, describe, expect, it } from 'vitest';
import independent from './scaffold.fixture.json' with { type: 'json' };

const { a, b, samples, batchSize, localEpochs: epochs, rate, optimum } = independent;
const optimizer = { name: 'sgd', rate, momentum: 0, weightDecay: 0 } as const;
const names = samples.map((_, index) => siteId.parse(`hospital-${index}`));

/** The loss ½ Σ a (w − b)² of one site, which is the same whatever the batch; beside it a normalisation and a tensor of its own. */
function modelOf(index: number): Model {
  const zeros = (_: unknown, shape: readonly number[]) => new Float32Array(shape[0] ?? 1);
  const parameters = [
    { name: 'bn/moving_mean', shape: [1], draw: zeros, role: 'statistics' as const },
    { name: 'w', shape: [4], draw: zeros },
    { name: 'bn/moving_variance', shape: [1], draw: zeros, role: 'statistics' as const },
    { name: 'own', shape: [2], draw: zeros, scope: 'local' as const },
  ];
  const tensors = openModel({
    ...{ family: 'quadratic', preset: 'small', stage: 'train', parameters, seed: 1 },
    network: ({ w, own }) => ({
      loss: () => w!.sub(b[index]!).square().mul(a[index]!).sum().add(own!.sub(1).square().sum()).div<tf.Scalar>(2),
    }),
  });
  return { ...tensors, classes: 2, classify: null, study: () => ({ loss: tensors.loss, dispose: () => {} }) };
}

/** Trains a run over the real rounds of site and coordinator. @returns the model after each round */
async function federate(
  strategy: StrategySettings,
  rounds: number,
  absent: Readonly<Record<string, readonly number[]>> = {},
) {
  const { blobs } = memoryBlobs();
  const whole = async (hash: BlobHash) => decodeWeights(await blobs.read(hash, 0, await blobs.size(hash)));
  const sites = samples.map((rows, index) => ({
    model: modelOf(index),
    samples: labelled({ kind: 'rows', rows, width: 1, values: new Float32Array(rows) }, new Int32Array(rows)),
    own: null as Float32Array | null,
  }));
  const [{ model: first }] = sites as [(typeof sites)[0]];
  const { layout } = first.shared;
  const file = (values: Float32Array) => blobs.write(encodeWeights({ layout, metadata: first.metadata, values }));
  const round = {
    stage: { batchSize, localEpochs: epochs, optimizer },
    samples: new Map(samples.map((own, index) => [names[index]!, own])),
  };
  let base = await file(new Float32Array(6));
  let state: BlobHash | null = null;
  const way: number[][] = [];
  for (let at = 1; at <= rounds; at++) {
    const before = (await whole(base)).values;
    const common = state && (await whole(state)).values;
    const contributions = [];
    for (const [index, site] of sites.entries()) {
      if (absent[at]?.includes(index)) continue;
      assignTensors(site.model.shared, before);
      const variates = strategy.name === 'scaffold' ? { common, own: site.own } : null;
      const { batches } = await train({
        ...{ model: site.model, samples: site.samples, batchSize, epochs, optimizer, classWeights: null, seed: at },
        ...(variates && { correction: correctionOf(site.model, variates) }),
      });
      const after = await readTensors(site.model.shared);
      if (variates) site.own = variateAfter(site.model, variates, { before, after, distance: batches * rate });
      // A normalisation moved by batches, which no variate may know of.
      after[0] = index;
      after[5] = 1;
      contributions.push({ site: names[index]!, samples: samples[index]!, hash: await file(after) });
    }
    const folded = await fold({ strategy, round, base, state, contributions, blobs });
    base = folded.hash;
    state = folded.state;
    way.push([...(await whole(base)).values.subarray(1, 5)]);
  }
  const variates = sites.map(({ own }) => own);
  for (const { model } of sites) model.dispose();
  return { way, variates };
}

const scaffold = { name: 'scaffold', normBound: 1e6, rate: 1 } as const;
const fedavg = { name: 'fedavg', normBound: 1e6 } as const;
const distance = (model: readonly number[]) => Math.hypot(...model.map((value, at) => value - optimum[at]!));

function expectWay(way: readonly (readonly number[])[], expected: readonly (readonly number[])[]): void {
  for (const [at, model] of way.entries()) {
    for (const [index, value] of model.entries()) expect(value).toBeCloseTo(expected[at]![index]!, 4);
  }
}

describe('scaffold, site and coordinator together', () => {
  beforeAll(() => useBackend('cpu'));

  it('reaches the optimum of all sites’ losses, where fedavg with as many local steps stays away from it', async () => {
    const controlled = await federate(scaffold, 40);
    expectWay(controlled.way, independent.scaffold);
    expect(distance(controlled.way.at(-1)!)).toBeLessThan(1e-4);
    const plain = await federate(fedavg, 40);
    expectWay(plain.way, independent.fedavg);
    expect(distance(plain.way.at(-1)!)).toBeGreaterThan(0.5);
  });

  it('goes the way of the algorithm where sites stay away and come back', async () => {
    const { absent, sometimesAway } = independent;
    const { way } = await federate(scaffold, sometimesAway.length, absent);
    expectWay(way, sometimesAway);
  });

  it('has no variate of a moving average', async () => {
    const { variates } = await federate(scaffold, 2);
    for (const own of variates) {
      expect([own![0], own![5]]).toEqual([0, 0]);
      expect([...own!.subarray(1, 5)].every((value) => value !== 0)).toBe(true);
    }
  });
});
