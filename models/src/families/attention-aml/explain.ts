import { tf } from '../../backend/index.js';
import type { Matrix } from '../../explain/index.js';
import { attentionRollout, integratedGradients } from '../../explain/index.js';
import { inference } from '../../layers/index.js';
import { asRows, denseRows, type LabelledSamples } from '../../samples/index.js';
import { predict } from '../../training/index.js';
import type { AttentionAmlModel } from './network.js';

/** Patients to explain: prepared input and labels. */
export interface Patients {
  readonly model: AttentionAmlModel;
  /** Prepared as for training. */
  readonly samples: LabelledSamples;
}

/** The patients' places on a map: output of the last normalisation, row-major [rows, width2]. */
export async function embed({ model, samples }: Patients): Promise<Float32Array> {
  const all = Int32Array.from(samples.y.keys());
  const embedding = tf.tidy(() => model.pass(rowsOf(samples, all), inference).embedding);
  const values = Float32Array.from(await embedding.data());
  embedding.dispose();
  return values;
}

function rowsOf({ input }: LabelledSamples, rows: Int32Array): tf.Tensor2D {
  const given = asRows(input);
  return tf.tensor2d(denseRows(given, rows), [rows.length, given.width]);
}

export interface MarkerGene {
  readonly feature: string;
  /** Mean of |attribution| over the patients: what the ranking goes by. */
  readonly strength: number;
  /** Whether high or low expression speaks for the class: the sign of the mean of attribution × sign of the input. */
  readonly direction: 'over' | 'under';
}

export interface ClassMarkers {
  readonly label: number;
  /** Samples of the class that were told right, over which the means go; 0 when they are of too few patients to show. */
  readonly patients: number;
  /** What the attributions leave unexplained, as a share of the logit's change, over these patients. */
  readonly residual: number;
  /** The strongest genes, strongest first; none when the patients are too few. */
  readonly genes: readonly MarkerGene[];
}

export interface MarkerOptions extends Patients {
  /** Names of the features, in column order. */
  readonly features: readonly string[];
  /** Genes to give for each class. */
  readonly genes: number;
  /** No mean over fewer patients than this is formed. */
  readonly minimumPatients: number;
}

/**
 * Marker genes of every class: integrated gradients of the class's logit over its correctly classified patients, from the baseline
 * 0 (the mean over all sites after the z-score), ranked by mean magnitude.
 */
export async function markerGenes(options: MarkerOptions): Promise<readonly ClassMarkers[]> {
  const { model, samples, features, minimumPatients } = options;
  const { y } = samples;
  const input = asRows(samples.input);
  const probabilities = await predict({ model, samples, batchSize: 256 });
  const markers: ClassMarkers[] = [];
  for (let label = 0; label < model.classes; label++) {
    const rows = [...y.keys()].filter((row) => y[row] === label && winner(probabilities, row, model.classes) === label);
    if (tooFew(samples, rows, minimumPatients)) {
      markers.push({ label, patients: 0, residual: 0, genes: [] });
      continue;
    }
    const inputs = rows.map((row) => denseRows(input, Int32Array.of(row)));
    const { strength, push, residual } = await meanAttribution(model, label, inputs);
    const ranked = features
      .map((feature, index) => ({ feature, strength: strength[index] ?? 0, push: push[index] ?? 0 }))
      .sort((a, b) => b.strength - a.strength)
      .slice(0, options.genes)
      .map(({ feature, strength, push }) => ({ feature, strength, direction: push >= 0 ? 'over' : 'under' }) as const);
    markers.push({ label, patients: rows.length, residual, genes: ranked });
  }
  return markers;
}

const tooFew = ({ patients }: LabelledSamples, rows: readonly number[], minimum: number): boolean =>
  new Set(rows.map((row) => patients[row])).size < Math.max(minimum, 1);

/** The class of the highest probability. */
export function winner(probabilities: Float32Array, row: number, classes: number): number {
  const scores = probabilities.subarray(row * classes, (row + 1) * classes);
  return scores.indexOf(Math.max(...scores));
}

/**
 * How alike the markers of several folds are: of each class, the mean over pairs of folds of the Jaccard index of their strongest genes.
 * NaN where fewer than two folds name any.
 * @param genes so many of each fold
 */
export function markerStability(folds: readonly (readonly ClassMarkers[])[], genes: number): readonly number[] {
  const classes = folds[0]?.length ?? 0;
  return Array.from({ length: classes }, (_, label) => {
    const named = folds
      .map((fold) => new Set(fold[label]?.genes.slice(0, genes).map(({ feature }) => feature)))
      .filter((names) => names.size > 0);
    const pairs = named.flatMap((one, index) => named.slice(index + 1).map((other) => jaccard(one, other)));
    return pairs.reduce((sum, share) => sum + share, 0) / pairs.length;
  });
}

const jaccard = (one: ReadonlySet<string>, other: ReadonlySet<string>): number => {
  const shared = [...one].filter((name) => other.has(name)).length;
  return shared / (one.size + other.size - shared);
};

/** Means over patients, [features]: of |attribution|, and of the input's sign times the attribution's. */
async function meanAttribution(model: AttentionAmlModel, label: number, inputs: readonly Float32Array[]) {
  const width = inputs[0]?.length ?? 0;
  const strength = new Float64Array(width);
  const push = new Float64Array(width);
  let residual = 0;
  let change = 0;
  for (const x of inputs) {
    const attribution = await integratedGradients({ output: logitOf(model, label), x });
    residual += attribution.residual;
    change += Math.abs(attribution.change);
    attribution.values.forEach((value, index) => {
      strength[index] = (strength[index] ?? 0) + Math.abs(value) / inputs.length;
      push[index] = (push[index] ?? 0) + (value * Math.sign(x[index] ?? 0)) / inputs.length;
    });
  }
  return { strength, push, residual: change === 0 ? 0 : residual / change };
}

export const logitOf = (model: AttentionAmlModel, label: number) => (x: tf.Tensor2D) =>
  model.pass(x, inference).logits.slice([0, label], [-1, 1]).as1D();

export interface ClassAttention {
  readonly label: number;
  /** Patients of the class, over whom the means go; 0 when they are too few to show. */
  readonly patients: number;
  /** Of each attention block, over its tokens: [query][key]. None in `singleToken` mode or when the patients are too few. */
  readonly blocks: readonly { readonly attention: Matrix; readonly rollout: Matrix }[];
}

/**
 * Token attention of every class: mean over its patients and the heads, and its rollout. A rollout stays within a block, as the
 * dense layer between the blocks mixes all tokens.
 */
export async function classAttention({
  model,
  samples,
  minimumPatients,
}: Patients & { readonly minimumPatients: number }): Promise<readonly ClassAttention[]> {
  const { y } = samples;
  const classes: ClassAttention[] = [];
  for (let label = 0; label < model.classes; label++) {
    const rows = [...y.keys()].filter((row) => y[row] === label);
    if (tooFew(samples, rows, minimumPatients)) {
      classes.push({ label, patients: 0, blocks: [] });
      continue;
    }
    const means = tf.tidy(() =>
      model
        .pass(rowsOf(samples, Int32Array.from(rows)), inference)
        .attention()
        .map((weights) => weights.mean<tf.Tensor2D>([0, 1])),
    );
    const blocks: { attention: Matrix; rollout: Matrix }[] = [];
    for (const mean of means) {
      const attention = await mean.array();
      blocks.push({ attention, rollout: attentionRollout([[attention]]) });
    }
    tf.dispose(means);
    classes.push({ label, patients: rows.length, blocks });
  }
  return classes;
}
