import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { stream } from '../../layers/index.js';
import { type LabelledSamples, pick } from '../../samples/index.js';
import { discs } from '../../synthetic/index.js';
import { assignTensors, predict, readTensors, train } from '../../training/index.js';
import type { Finding } from '../family.js';
import { buildVgg19, imageReasons, parseOptions, type Vgg19Model, vgg19Mhsa } from './index.js';

const [classes, side, training, tested] = [4, 32, 120, 60];
const rounds = 16;
/** Rate and rounds chosen on cells of seeds 21 to 23. */
const optimizer = { name: 'adam', rate: 1.5e-3, weightDecay: 1e-4 } as const;
const schedule = { name: 'cosine', warmUp: 0.1, final: 0.05 } as const;

const sites = ['north', 'south', 'west'].map((site) =>
  discs({ seed: 12, site, images: training + tested, classes, side, stain: 0.15 }),
);
const part = (site: LabelledSamples, start: number, end: number): LabelledSamples =>
  pick(
    site,
    Int32Array.from({ length: end - start }, (_, index) => start + index),
  );

/** Rounds of training at each site from the same weights, whose plain mean is the next round's: the sites are equally large. */
async function federate(model: Vgg19Model): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    const start = await readTensors(model.shared);
    const sum = new Float64Array(start.length);
    for (const [index, site] of sites.entries()) {
      assignTensors(model.shared, start);
      await train({
        ...{ model, samples: part(site, 0, training), batchSize: 8, epochs: 1, optimizer, schedule },
        ...{ classWeights: null, seed: 10 * round + index, course: { round, rounds } },
      });
      (await readTensors(model.shared)).forEach((value, place) => {
        sum[place]! += value / sites.length;
      });
    }
    assignTensors(model.shared, Float32Array.from(sum));
  }
}

async function accuracy(model: Vgg19Model, samples: LabelledSamples): Promise<number> {
  const probabilities = await predict({ model, samples, batchSize: 64 });
  const right = samples.y.filter((label, row) => {
    const scores = probabilities.subarray(row * classes, (row + 1) * classes);
    return scores.indexOf(Math.max(...scores)) === label;
  });
  return right.length / samples.rows;
}

/** The share of a map's heat that lies elsewhere in another map. */
function moved(one: Float32Array, other: Float32Array): number {
  const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);
  const [a, b] = [total(one), total(other)];
  return one.reduce((sum, value, index) => sum + Math.abs(value / a - other[index]! / b), 0) / 2;
}

describe('the small preset on synthetic discs', () => {
  let model: Vgg19Model;
  const judged = sites.map((site) => part(site, training, training + tested));

  beforeAll(async () => {
    await useBackend('wasm');
    model = buildVgg19({ side, classes, options: parseOptions('small', {}), seed: 1 });
    await federate(model);
  });

  it('learns to tell them over three sites of different stains', async () => {
    const accuracies = await Promise.all(judged.map((samples) => accuracy(model, samples)));
    expect(accuracies.reduce((sum, value) => sum + value / sites.length, 0)).toBeGreaterThanOrEqual(0.9);
  });

  it('shows in every map where the cell lies, and that gradients explain the logit', async () => {
    const [samples] = judged;
    const reasons = await imageReasons(model, { samples: samples! }, 0);
    expect(reasons.attention).toMatchObject({ side: 4 });
    expect(reasons.attention?.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4);
    expect(reasons.gradCam.values).toHaveLength(8 * 8);
    expect(reasons.gradients.residual).toBeLessThan(0.02 * Math.abs(reasons.gradients.change) + 1e-3);
    // The cell covers about a third of the image; the corners are background.
    const { values } = reasons.gradients;
    const inCell = values.filter((_, pixel) => Math.hypot((pixel % side) - 15.5, Math.floor(pixel / side) - 15.5) < 14);
    const total = values.reduce((sum, value) => sum + value, 0);
    expect(inCell.reduce((sum, value) => sum + value, 0) / total).toBeGreaterThan(0.8);
  });

  it('shows other maps when its head is drawn anew', async () => {
    const samples = judged[0]!;
    const rows = [0, 1, 2, 3, 4, 5];
    const look = async () => {
      const found = [];
      for (const row of rows) found.push(await imageReasons(model, { samples }, row));
      return found;
    };
    const before = await look();
    const weights = await readTensors(model.shared);
    const random = stream(9, 'head');
    let offset = 0;
    const drawn = weights.slice();
    for (const { name, shape } of model.shared.layout) {
      const end = offset + shape.reduce((product, length) => product * length, 1);
      if (/^(?:head|hidden)\//.test(name)) for (let at = offset; at < end; at++) drawn[at] = 0.5 * random.normal();
      offset = end;
    }
    assignTensors(model.shared, drawn);
    const after = await look();
    assignTensors(model.shared, weights);
    const elsewhere = (map: 'gradCam' | 'gradients') =>
      rows.reduce((sum, row) => sum + moved(before[row]![map].values, after[row]![map].values), 0) / rows.length;
    expect(elsewhere('gradCam')).toBeGreaterThan(0.1);
    expect(elsewhere('gradients')).toBeGreaterThan(0.1);
    // Attention lies before the head.
    expect(after.map(({ attention }) => attention)).toEqual(before.map(({ attention }) => attention));
  });

  it('gives three overlays an image and a table, and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const samples = part(judged[0]!, 0, 2);
    const given = {
      ...{ samples, ids: ['a', 'b'], reference: null, features: ['red', 'green', 'blue'] },
      ...{ classes: ['A', 'B', 'C', 'D'], minimumPatients: 5, seed: 1 },
    };
    const findings: Finding[] = [];
    for await (const finding of vgg19Mhsa.explain!(model, given)) findings.push(finding);
    expect(findings.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      ...['a', 'b'].flatMap((id) => ['attention', 'grad-cam', 'gradients'].map((name) => `image ${id}-${name}`)),
      'table gradients',
    ]);
    for (const finding of findings) {
      if (finding.kind === 'image') expect(finding.pixels).toHaveLength(side * side * 3);
      else expect(finding.rows.map(([id]) => id)).toEqual(['a', 'b']);
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});
