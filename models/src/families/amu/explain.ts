import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../../backend/index.js';
import {
  attentionRollout,
  type Closeness,
  type Embedding,
  type Matrix,
  type NeighbourOverlap,
  neighbourOverlap,
  neighboursOf,
  sampledShapley,
} from '../../explain/index.js';
import { inference, permutation, stream } from '../../layers/index.js';
import { asRows, denseRows, eachColumn, type LabelledSamples } from '../../samples/index.js';
import type { AmuModel } from './network.js';

/** The genes' places as the network learnt them, [genes, width]; null of the baseline, which has none. */
export async function geneEmbedding({ trained }: AmuModel): Promise<Embedding | null> {
  const variable = trained.find(({ name }) => name === 'embedding')?.variable;
  if (variable === undefined) return null;
  const [rows = 0, width = 0] = variable.shape;
  return { rows, width, values: Float32Array.from(await variable.data()) };
}

export interface GeneNeighbours {
  readonly gene: string;
  /** Nearest first. */
  readonly neighbours: readonly string[];
}

/** The nearest genes of each gene in the embedding. */
export function geneNeighbours(
  embedding: Embedding,
  genes: readonly string[],
  k: number,
  closeness: Closeness,
): readonly GeneNeighbours[] {
  const nearest = neighboursOf(embedding, k, closeness);
  return genes.map((gene, row) => ({
    gene,
    neighbours: Array.from(nearest.subarray(row * k, (row + 1) * k), (other) => genes[other] ?? ''),
  }));
}

/**
 * Whether genes that lie together in the embedding go together in patients: neighbours by angle in both, the angle between two genes'
 * centred expressions being their correlation.
 */
export function overlapWithExpression(
  embedding: Embedding,
  samples: LabelledSamples,
  { k, seed }: { readonly k: number; readonly seed: number },
): NeighbourOverlap {
  const random = stream(seed, 'neighbours');
  return neighbourOverlap({ first: embedding, second: expressionOf(samples), k, closeness: 'cosine', random });
}

/** Each gene's expression over the patients less its mean, [genes, patients]. */
function expressionOf({ input, rows: patients }: LabelledSamples): Embedding {
  const given = asRows(input);
  const values = new Float32Array(given.width * patients);
  eachColumn(given, (gene, column) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / patients;
    values.set(
      column.map((value) => value - mean),
      gene * patients,
    );
  });
  return { rows: given.width, width: patients, values };
}

export interface ImportanceOptions {
  readonly model: AmuModel;
  /** Prepared as for training. */
  readonly samples: LabelledSamples;
  /** Training samples, some of which stand for "not known". */
  readonly reference: LabelledSamples;
  readonly genes: readonly string[];
  /** The class that the genes speak for or against. */
  readonly label: number;
  /** Patients to explain at most, drawn from the samples. */
  readonly patients: number;
  readonly permutations?: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

export interface Importance {
  /** Strongest first. */
  readonly genes: readonly {
    readonly gene: string;
    /** Mean of |Shapley value| over the patients: what the ranking goes by. */
    readonly strength: number;
    /** Whether high or low expression speaks for the class. */
    readonly direction: 'over' | 'under';
  }[];
  /** Patients that were explained. */
  readonly patients: number;
  /** The largest `|Σ values − change|` of a patient. The sum is exact, so more than rounding is a fault. */
  readonly residual: number;
}

/** Rows of the reference that stand for "not known". */
const backgroundRows = 50;

/**
 * Which genes the network goes by: sampled Shapley values of the class's log-odds, `z_c − ln Σ_others exp(z)`, with two classes the
 * difference of their logits.
 */
export async function geneImportance(options: ImportanceOptions): Promise<Importance> {
  const { model, samples, reference, genes, label, seed, permutations, signal } = options;
  const random = stream(seed, 'importance', label);
  const background = someRows(reference, permutation(reference.rows, random).slice(0, backgroundRows));
  const explained = permutation(samples.rows, random).slice(0, options.patients);
  const [strength, push] = [new Float64Array(genes.length), new Float64Array(genes.length)];
  let worst = 0;
  for (const row of explained) {
    const x = someRows(samples, Int32Array.of(row));
    const output = (inputs: tf.Tensor2D) => logOdds(model.pass(inputs, inference).logits, label);
    const { values, residual } = await sampledShapley({
      ...{ output, x, background, random },
      ...(permutations === undefined ? {} : { permutations }),
      ...(signal === undefined ? {} : { signal }),
    });
    worst = Math.max(worst, residual);
    values.forEach((value, gene) => {
      strength[gene]! += Math.abs(value) / explained.length;
      push[gene]! += value * Math.sign(x[gene] ?? 0);
    });
  }
  const ranked = genes.map((gene, index) => ({
    ...{ gene, strength: strength[index] ?? 0 },
    direction: (push[index] ?? 0) >= 0 ? ('over' as const) : ('under' as const),
  }));
  return {
    genes: ranked.sort((a, b) => b.strength - a.strength),
    patients: explained.length,
    residual: worst,
  };
}

function logOdds(logits: tf.Tensor2D, label: number): tf.Tensor1D {
  const classes = logits.shape[1];
  const others = Int32Array.from({ length: classes - 1 }, (_, index) => (index < label ? index : index + 1));
  const own = logits.slice([0, label], [-1, 1]).as1D();
  return own.sub(logits.gather(tf.tensor1d(others, 'int32'), 1).logSumExp(1));
}

const someRows = ({ input }: LabelledSamples, rows: Int32Array): Float32Array => denseRows(asRows(input), rows);

export interface GeneAttention {
  /** Of each layer, mean over heads and patients: [gene that looks][gene looked at]. */
  readonly layers: readonly Matrix[];
  /** How much of each gene reaches each through all layers: [gene reached][gene]. Rows sum to 1. */
  readonly rollout: Matrix;
}

/** Patients that go through the network at once: their attention is heads × genes² numbers a layer. */
const attentionBatch = 16;

/** Who looks at whom, over all of the samples; null of the baseline, which does not look. */
export async function geneAttention(model: AmuModel, samples: LabelledSamples): Promise<GeneAttention | null> {
  const { rows, input } = samples;
  const genes = asRows(input).width;
  const sums: Float64Array[] = [];
  for (let start = 0; start < rows; start += attentionBatch) {
    const batch = Int32Array.from({ length: Math.min(attentionBatch, rows - start) }, (_, index) => start + index);
    const means = tf.tidy(() => {
      const x = tf.tensor2d(someRows(samples, batch), [batch.length, genes]);
      return model
        .pass(x, inference)
        .attention()
        .map((layer) => layer.mean(1).sum(0));
    });
    for (const [layer, mean] of means.entries()) {
      if (start === 0) sums.push(new Float64Array(genes * genes));
      const sum = sums[layer];
      if (sum === undefined) throw new RangeError(`no layer ${layer}`);
      (await mean.data()).forEach((value, index) => {
        sum[index]! += value / rows;
      });
    }
    tf.dispose(means);
    await nextTurn();
  }
  if (sums.length === 0) return null;
  const layers = sums.map((sum) => square(sum, genes));
  return { layers, rollout: attentionRollout(layers.map((layer) => [layer])) };
}

const square = (values: Float64Array, size: number): Matrix =>
  Array.from({ length: size }, (_, row) => Array.from(values.subarray(row * size, (row + 1) * size)));
