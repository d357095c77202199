import { tf, useBackend } from '@consilium/models/backend';
import { stream } from '@consilium/models/layers';
import { labelled, pick } from '@consilium/models/samples';
import { readTensors } from '@consilium/models/training';
import { readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import { trainAlone } from '@consilium/site-agent/model';
import { beforeAll, describe, expect, it } from 'vitest';
import { unsignedContract } from './harness/contract.js';
import { federate, type PreparedSite } from './harness/federation.js';

const width = 12;

/** Two overlapping clouds of points. */
function hospital(name: string): PreparedSite {
  const random = stream(7, name);
  const part = (rows: number) => {
    const y = Int32Array.from({ length: rows }, (_, row) => row % 2);
    const values = Float32Array.from({ length: rows * width }, (_, index) => {
      const label = y[Math.floor(index / width)] ?? 0;
      return Math.abs(random.normal() + (index % 2 === label ? 1 : 0));
    });
    return labelled({ kind: 'rows', rows, width, values }, y);
  };
  return { site: siteId.parse(name), parts: { train: part(40), validation: part(14), test: part(20) } };
}

const runOf = (model: string, rest: string) =>
  readRunFile(`name: alone
model: { ${model}, preset: small, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
${rest}
`);

const rounds = 'rounds: 6, batchSize: 8, optimizer: { name: adam, rate: 0.02 }';
const validation = 'validation: { bootstrap: 0, alone: true';
const runs = {
  'with class weights, a schedule and an early stop': runOf(
    'family: attention-aml',
    `training: { ${rounds}, classWeights: sqrt, schedule: { name: cosine }, earlyStop: { patience: 2 } }
${validation}, choose: macroF1 }`,
  ),
  'with normalisation that stays at its site': runOf(
    'family: amu',
    `training: { ${rounds}, localEpochs: 2 }
${validation}, everyRounds: 2 }`,
  ),
  'in two stages, of which the second has frozen tensors': runOf(
    'family: blood-autoencoder, options: { head: ffn }',
    `training: { ${rounds} }
stages: [{ name: autoencoder, rounds: 4 }, { name: head }]
${validation} }`,
  ),
  'whose rounds nobody judges': runOf(
    'family: attention-aml',
    `training: { ${rounds} }
validation: { share: 0, alone: true }`,
  ),
};

describe('the model of a hospital alone', () => {
  beforeAll(async () => void (await useBackend('wasm')));
  const { signal } = new AbortController();

  it.each(Object.entries(runs))('is that of a federation of one, bit for bit: %s', async (_, run) => {
    const site = hospital('north');
    const judged = run.validation.share > 0;
    const parts = judged ? site.parts : { ...site.parts, validation: pick(site.parts.test, new Int32Array()) };
    const one = await federate(run, [{ ...site, parts }]);
    const counts = [20, 20];
    const places: number[] = [];
    const alone = await trainAlone({
      contract: unsignedContract(run),
      site: site.site,
      state: {
        format: 'consilium-preparation-1',
        features: ['prepared'],
        classCounts: counts,
        samples: 40,
        scale: null,
      },
      parts,
      signal,
      onProgress: ({ done, total }) => void places.push(done / total),
    });
    try {
      expect(await readTensors(alone.shared)).toEqual(await readTensors(one.model.shared));
      expect(await readTensors(alone.frozen)).toEqual(await readTensors(one.model.frozen));
      expect(Math.max(...places)).toBeLessThanOrEqual(1);
    } finally {
      alone.dispose();
      one.model.dispose();
    }
  });

  it('owes nothing to the class counts of others, nor to the pull of the common model', async () => {
    const { site, parts } = hospital('north');
    const run = runOf('family: attention-aml', `training: { ${rounds}, classWeights: inverse }\n${validation} }`);
    const pulled = { ...run, training: { ...run.training, proximal: 5 } };
    const weights = async (given: typeof run, classCounts: number[]) => {
      const state = { format: 'consilium-preparation-1' as const, features: ['prepared'], samples: 40, scale: null };
      const contract = unsignedContract(given);
      const placed = { contract, site, state: { ...state, classCounts }, parts, signal, onProgress: () => {} };
      const model = await trainAlone(placed);
      const values = await readTensors(model.shared);
      model.dispose();
      return values;
    };
    expect(await weights(pulled, [400, 20])).toEqual(await weights(run, [20, 20]));
  });

  it('ends when it is told to, and leaves no tensor', async () => {
    const { site, parts } = hospital('north');
    const stop = new AbortController();
    const run = runs['with class weights, a schedule and an early stop'];
    const state = { format: 'consilium-preparation-1' as const, features: ['prepared'], samples: 40, scale: null };
    const contract = unsignedContract(run);
    const placed = { contract, site, state: { ...state, classCounts: [20, 20] }, parts, signal: stop.signal };
    const reason = new Error('enough');
    const before = tf.memory().numTensors;
    await expect(trainAlone({ ...placed, onProgress: () => stop.abort(reason) })).rejects.toBe(reason);
    expect(tf.memory().numTensors).toBe(before);
  });
});
