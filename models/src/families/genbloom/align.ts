import { tf } from '../../backend/index.js';
import type { Mode, NamedTensors, Parameter } from '../../layers/index.js';
import {
  batchNorm,
  batchNormParameters,
  batchNormStatistics,
  dense,
  denseParameters,
  dropout,
  isTrained,
  layerNorm,
  layerNormParameters,
  toLength,
  weight,
  withScope,
} from '../../layers/index.js';
import {
  binaryCrossEntropy,
  crossModalContrastive,
  type Findings,
  jaccardPositives,
  positiveWeights,
} from '../../losses/index.js';
import { gelu } from '../../operations/index.js';
import type { LabelledSamples } from '../../samples/index.js';
import { bagsFeed, type Study } from '../../training/index.js';
import { aggregate, aggregatorParameters } from './aggregator.js';
import type { GenbloomOptions } from './config.js';
import { holding } from './holding.js';
import { aggregatorShape, type Modality, modalities, type Shape } from './shape.js';

/** Parameters of the alignment of patients' vectors with their genetics. */
export function alignParameters({ options, bits, ...shape }: Shape): readonly Parameter[] {
  const { width, embedding, projectionHidden, projectionNorm } = options;
  return [
    ...trainedPart(aggregatorParameters('aggregator', aggregatorShape({ ...shape, options })), options),
    ...projectionParameters('projection', [width, projectionHidden, embedding], projectionNorm),
    ...modalities.flatMap((name) => {
      const findings = bits[name];
      if (findings === undefined) return [];
      const hidden = hiddenOf(name, options);
      return [
        ...projectionParameters(`${name}/encoder`, [findings, hidden, embedding], projectionNorm),
        ...denseParameters(`${name}/decoder/dense1`, embedding, hidden),
        ...denseParameters(`${name}/decoder/dense2`, hidden, findings),
      ];
    }),
  ];
}

/** What is not trained is frozen; the mask token always, as no cell is masked here. */
const trainedPart = (parameters: readonly Parameter[], { trainScope, depth }: GenbloomOptions): readonly Parameter[] =>
  parameters.map((parameter) => {
    const { name } = parameter;
    const last = name.startsWith(`aggregator/block${depth}/`) || name.startsWith('aggregator/norm/');
    const trained = name !== 'aggregator/mask' && (trainScope === 'all' || (trainScope === 'lastBlock' && last));
    return trained ? parameter : { ...parameter, scope: 'frozen' };
  });

const hiddenOf = (name: Modality, { karyotypeHidden, mutationsHidden }: GenbloomOptions): number =>
  name === 'karyotype' ? karyotypeHidden : mutationsHidden;

type Norm = GenbloomOptions['projectionNorm'];

/** Dense, normalisation, dense: [inputs, hidden, outputs]. */
function projectionParameters(
  name: string,
  [inputs, hidden, outputs]: readonly [number, number, number],
  norm: Norm,
): readonly Parameter[] {
  return [
    ...denseParameters(`${name}/dense1`, inputs, hidden),
    ...normParameters(`${name}/norm`, hidden, norm),
    ...denseParameters(`${name}/dense2`, hidden, outputs),
  ];
}

function normParameters(name: string, width: number, norm: Norm): readonly Parameter[] {
  switch (norm) {
    case 'layer':
      return layerNormParameters(name, width);
    case 'batchShared':
      return [...batchNormParameters(name, width), ...batchNormStatistics(name, width)];
    case 'batchLocal':
      return withScope([...batchNormParameters(name, width), ...batchNormStatistics(name, width)], 'local');
    default:
      throw new TypeError(`unknown normalisation ${norm satisfies never}`);
  }
}

/** Dense, normalisation, exact GELU, dropout, dense, rows of length 1: [rows, inputs] → [rows, embedding]. */
export function project(
  weights: NamedTensors,
  name: string,
  x: tf.Tensor2D,
  { projectionNorm, dropout: rate }: Pick<GenbloomOptions, 'projectionNorm' | 'dropout'>,
  mode: Mode,
): tf.Tensor2D {
  const normed =
    projectionNorm === 'layer'
      ? layerNorm(weights, `${name}/norm`, dense(weights, `${name}/dense1`, x), normEps)
      : batchNormed(weights, name, x, mode);
  return toLength(dense(weights, `${name}/dense2`, dropout(gelu(normed), rate, mode, name)));
}

/** A bias below a batch normalisation changes nothing: what floating point leaves of its gradient is no reason to move it. */
const batchNormed = (weights: NamedTensors, name: string, x: tf.Tensor2D, mode: Mode): tf.Tensor2D =>
  batchNorm(weights, `${name}/norm`, dense(holding(weights, `${name}/dense1/bias`), `${name}/dense1`, x), {
    ...{ eps: normEps, momentum: batchMomentum, mode },
  });

const normEps = 1e-5;
const batchMomentum = 0.9;

/** What is known of some patients in one modality. */
interface Known extends Findings {
  /** Which of the given rows are known at all: those that the findings are of, by their places. */
  readonly places: Int32Array;
  readonly tested: Uint8Array;
}

/** The findings of some rows of which at least one bit was looked for. NaN: it was not. */
export function knownOf({ sides }: Pick<LabelledSamples, 'sides'>, name: Modality, rows: Int32Array): Known {
  const { width = 0, values = new Float32Array() } = sides[name] ?? {};
  const own = (row: number) => values.subarray(row * width, (row + 1) * width);
  const places = Int32Array.from(rows.keys()).filter((place) =>
    own(rows[place] ?? 0).some((bit) => !Number.isNaN(bit)),
  );
  const all = Array.from(places, (place) => [...own(rows[place] ?? 0)]).flat();
  return {
    places,
    rows: places.length,
    bits: Uint8Array.from(all, (bit) => (bit === 1 ? 1 : 0)),
    tested: Uint8Array.from(all, (bit) => (Number.isNaN(bit) ? 0 : 1)),
  };
}

/** Likeness of findings from which on two patients are positives of each other. */
const likeness = { jaccard: 0.5, exact: 1 } as const;

/** No bit of a reconstruction weighs more than so many others. */
const positiveLimit = 20;

/**
 * The supervised contrastive loss between patients' vectors and each modality, both ways (Khosla et al. 2020), and the reconstruction of
 * findings from their own embedding, which keeps that from collapsing. A patient without a modality is left out of its term alone.
 */
export function alignStudy(weights: NamedTensors, shape: Shape, samples: LabelledSamples): Study {
  const { options, bits } = shape;
  const feed = bagsFeed(samples.input, { limit: options.cells, share: leastShare });
  const everyone = Int32Array.from({ length: samples.rows }, (_, row) => row);
  const present = modalities.filter((name) => bits[name] !== undefined);
  const rarity = new Map(present.map((name) => [name, rarityOf(knownOf(samples, name, everyone), bits[name] ?? 0)]));
  const trained = alignParameters(shape).filter(isTrained);
  return {
    loss: (rows, { mode }) => {
      const { patients } = aggregate(weights, 'aggregator', feed.take(rows, mode), { ...options, mode });
      const slide = projectVectors(weights, patients, options, mode);
      const terms = present.map((name) => {
        const known = knownOf(samples, name, rows);
        if (known.rows < fewestPatients)
          return untouched(
            weights,
            trained.filter((one) => one.name.startsWith(`${name}/`)),
          );
        return modalityLoss(weights, {
          name,
          known,
          slide,
          options,
          mode,
          rarity: rarity.get(name) ?? new Float32Array(),
        });
      });
      return terms.reduce((sum, term) => sum.add(term), slide.sum().mul<tf.Scalar>(0));
    },
    dispose: feed.dispose,
  };
}

/** Share of a bag that a patient is seen by while training, at the least. */
const leastShare = 0.5;

/** A batch normalisation over one patient would say nothing of it. */
const fewestPatients = 2;

const rarityOf = (known: Known, bits: number): Float32Array =>
  known.rows === 0 ? new Float32Array(bits).fill(1) : positiveWeights(known, positiveLimit);

/** A term of 0 that yet has a gradient for each of its tensors. */
const untouched = (weights: NamedTensors, parameters: readonly Parameter[]): tf.Scalar =>
  tf.addN(parameters.map(({ name }) => weight(weights, name).sum())).mul<tf.Scalar>(0);

interface ModalityTerm {
  readonly name: Modality;
  readonly known: Known;
  /** Projected vectors of all patients of the batch. */
  readonly slide: tf.Tensor2D;
  readonly options: GenbloomOptions;
  readonly mode: Mode;
  readonly rarity: Float32Array;
}

function modalityLoss(weights: NamedTensors, { name, known, slide, options, mode, rarity }: ModalityTerm): tf.Scalar {
  const { rows, places, bits, tested } = known;
  const width = bits.length / rows;
  const targets = tf.tensor2d(Float32Array.from(bits), [rows, width]);
  const genetic = encode(weights, name, targets, options, mode);
  const positives = tf.tensor2d(jaccardPositives(known, likeness[options.positives]), [rows, rows]);
  const seen = slide.gather<tf.Tensor2D>(tf.tensor1d(places, 'int32'));
  const contrast = crossModalContrastive(seen, genetic, positives, options.temperature);
  const told = dense(weights, `${name}/decoder/dense2`, gelu(dense(weights, `${name}/decoder/dense1`, genetic)));
  const bce = binaryCrossEntropy(told, targets, {
    positiveWeights: tf.tensor1d(rarity),
    counted: tf.tensor2d(Float32Array.from(tested), [rows, width]),
  });
  return contrast.add(bce.mul(options.reconstruction));
}

/** Where patients' vectors [rows, width] lie beside findings: [rows, embedding]. */
export const projectVectors = (
  weights: NamedTensors,
  vectors: tf.Tensor2D,
  options: GenbloomOptions,
  mode: Mode,
): tf.Tensor2D => project(weights, 'projection', vectors, options, mode);

/** Where findings lie beside patients, [rows, embedding]: `bits` [rows, width] of 1 and 0, an unknown one being 0. */
export const encode = (
  weights: NamedTensors,
  name: Modality,
  bits: tf.Tensor2D,
  options: GenbloomOptions,
  mode: Mode,
): tf.Tensor2D => project(weights, `${name}/encoder`, bits, options, mode);
