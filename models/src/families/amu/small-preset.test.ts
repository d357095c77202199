import { areaUnderRoc, rank } from '@consilium/shared/metrics';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../backend/index.js';
import { fitLogistic, logisticProbabilities } from '../../judges/index.js';
import { asRows, denseRows, eachColumn, join, type LabelledSamples, labelled, pick } from '../../samples/index.js';
import { interactions } from '../../synthetic/index.js';
import { assignTensors, predict, readTensors, train } from '../../training/index.js';
import { type AmuModel, buildAmu, parseOptions } from './index.js';

/** Of each site: what it trains on, what settings are chosen by, and what is read at the end; so many that chance decides nothing. */
const parts = { training: 80, validation: 40, test: 100 };
const patients = parts.training + parts.validation + parts.test;
const genes = 12;

type Site = Readonly<Record<keyof typeof parts, LabelledSamples>>;

/** Three sites that measure differently; each scales its genes by its own training patients. */
const sitesOf = (seed: number): readonly Site[] =>
  interactions({
    seed,
    genes,
    sites: ['north', 'east', 'south'].map((name) => ({ name, patients, shift: 1 })),
  }).sites.map(({ patients: all }) => {
    const from = (start: number, count: number) =>
      pick(
        all,
        Int32Array.from({ length: count }, (_, i) => start + i),
      );
    const training = from(0, parts.training);
    const validation = from(parts.training, parts.validation);
    const test = from(parts.training + parts.validation, parts.test);
    const scale = scaleOf(training);
    return { training: scale(training), validation: scale(validation), test: scale(test) };
  });

function scaleOf({ input }: LabelledSamples) {
  const scales: { readonly mean: number; readonly sd: number }[] = [];
  eachColumn(asRows(input), (_, values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    scales.push({ mean, sd: Math.sqrt(variance) });
  });
  return (samples: LabelledSamples): LabelledSamples => {
    const values = denseRows(asRows(samples.input), Int32Array.from(samples.y.keys())).map((value, index) => {
      const { mean, sd } = scales[index % genes]!;
      return (value - mean) / sd;
    });
    return labelled({ kind: 'rows', rows: samples.rows, width: genes, values }, samples.y);
  };
}

const auc = (probabilities: Float32Array, { y }: LabelledSamples): number =>
  areaUnderRoc(
    rank(
      Float32Array.from(y, (_, row) => probabilities[2 * row + 1]!),
      (row) => y[row] === 1,
    ),
  ) ?? Number.NaN;

const pooled = (sites: readonly Site[], part: keyof Site) => join(sites.map((site) => site[part]));

/** Each site's patients by the site's own model, which differs from the others' in its normalisation. */
async function judge(models: readonly AmuModel[], sites: readonly Site[], part: keyof Site): Promise<number> {
  const told: number[] = [];
  for (const [index, site] of sites.entries()) {
    told.push(...(await predict({ model: models[index]!, samples: site[part], batchSize: 128 })));
  }
  return auc(Float32Array.from(told), pooled(sites, part));
}

/** What a model says of validation patients, by which it is chosen, and of test patients. */
interface Judged {
  readonly validation: number;
  readonly test: number;
}

const better = (one: Judged, other: Judged): Judged => (other.validation > one.validation ? other : one);
const none: Judged = { validation: 0, test: 0 };

const rounds = 20;
const judgedEvery = 5;

/** Federated averaging, normalisations kept at their sites; the round that was best on validation. */
async function federate(sites: readonly Site[], rate: number): Promise<Judged> {
  const options = parseOptions('small', {});
  const models = sites.map(() => buildAmu({ genes, classes: 2, options, seed: 1 }));
  let global = await readTensors(models[0]!.shared);
  let best = none;
  for (let round = 1; round <= rounds; round++) {
    const sum = new Float64Array(global.length);
    for (const [index, site] of sites.entries()) {
      const model = models[index]!;
      assignTensors(model.shared, global);
      await train({
        ...{ model, samples: site.training, batchSize: 40, epochs: 4, classWeights: null, seed: 100 * round + index },
        optimizer: { name: 'adam', rate, weightDecay: 1e-4 },
      });
      (await readTensors(model.shared)).forEach((value, at) => {
        sum[at]! += value / sites.length;
      });
    }
    global = Float32Array.from(sum);
    for (const model of models) assignTensors(model.shared, global);
    if (round % judgedEvery > 0) continue;
    const validation = await judge(models, sites, 'validation');
    best = better(best, { validation, test: await judge(models, sites, 'test') });
  }
  for (const model of models) model.dispose();
  return best;
}

/** Logistic regression on all sites' training patients together, its penalty chosen on their validation patients. */
async function regress(sites: readonly Site[]): Promise<Judged> {
  const [training, validation, test] = [pooled(sites, 'training'), pooled(sites, 'validation'), pooled(sites, 'test')];
  const vectors = ({ rows, input, y }: LabelledSamples) => ({
    ...{ rows, width: genes },
    values: denseRows(asRows(input), Int32Array.from(y.keys())),
  });
  let best = none;
  for (const c of [0.01, 0.1, 1, 10]) {
    const model = await fitLogistic({ training: vectors(training), labels: training.y, classes: 2, c });
    const judged = (samples: LabelledSamples) => auc(logisticProbabilities(model, vectors(samples)), samples);
    best = better(best, { validation: judged(validation), test: judged(test) });
  }
  return best;
}

describe('the small preset', () => {
  beforeAll(() => useBackend('wasm'));

  it('learns what three genes tell together, over three sites, where logistic regression cannot', async () => {
    const sites = sitesOf(11);
    const linear = await regress(sites);
    let best = none;
    for (const rate of [5e-3, 1e-2]) best = better(best, await federate(sites, rate));
    expect(best.test - linear.test).toBeGreaterThanOrEqual(0.1);
    expect(best.test).toBeGreaterThan(0.7);
  });
});
