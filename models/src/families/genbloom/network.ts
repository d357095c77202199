import type { tf } from '../../backend/index.js';
import { inference, type NamedTensors, type Parameter } from '../../layers/index.js';
import type { LabelledSamples } from '../../samples/index.js';
import { type Model, openModel, type PaddedBags } from '../../training/index.js';
import { type Aggregated, aggregate } from './aggregator.js';
import { alignParameters, alignStudy, encode, projectVectors } from './align.js';
import { beside } from './beside.js';
import { pretrainParameters, pretrainStudy } from './pretrain.js';
import { probeParameters, probeReader, probeStudy } from './probe.js';
import type { Modality, Shape } from './shape.js';
import { patientVectors } from './vectors.js';

export const stages = ['pretrain', 'align', 'probe'] as const;
export type Stage = (typeof stages)[number];

/** The stage of a name, which the caller has checked to be one of the family's. */
export function stageOf(name: string): Stage {
  const stage = stages.find((known) => known === name);
  if (stage === undefined) throw new RangeError(`no stage ${name}`);
  return stage;
}

/** A model of this family, in any of its stages. */
export interface GenbloomModel extends Model {
  readonly shape: Shape;
  /** A pass of the aggregator, the teacher's while it pretrains; within `tf.tidy`. */
  readonly look: (bags: PaddedBags) => Aggregated;
  /** The vectors of all patients, [rows, width], row-major. */
  readonly vectors: (samples: LabelledSamples, batchSize: number) => Promise<Float32Array>;
  /** Where vectors and findings meet, [rows, embedding] each, within `tf.tidy`; null but in stage `align`. */
  readonly meeting: Meeting | null;
}

export interface Meeting {
  readonly ofVectors: (vectors: tf.Tensor2D) => tf.Tensor2D;
  /** From bits [rows, width] of 1 and 0. */
  readonly ofFindings: (name: Modality, bits: tf.Tensor2D) => tf.Tensor2D;
}

/** Parameters of a stage in their fixed order. */
export function genbloomParameters(shape: Shape, stage: Stage): readonly Parameter[] {
  switch (stage) {
    case 'pretrain':
      return pretrainParameters(shape);
    case 'align':
      return alignParameters(shape);
    case 'probe':
      return probeParameters(shape);
    default:
      throw new TypeError(`unknown stage ${stage satisfies never}`);
  }
}

/** Builds a stage's model with starting weights drawn from the seed. `dispose` frees its variables. */
export const buildGenbloom = (shape: Shape, stage: Stage, seed: number): GenbloomModel =>
  openModel({
    family: 'genbloom',
    preset: shape.options.preset,
    stage,
    parameters: genbloomParameters(shape, stage),
    seed,
    network: (weights) => ({
      ...purpose(weights, shape, stage),
      shape,
      classes: shape.classes,
      look: (bags: PaddedBags) => aggregate(weights, 'aggregator', bags, { ...shape.options, mode: inference }),
      vectors: (samples: LabelledSamples, batchSize: number) =>
        patientVectors({ weights, options: shape.options, samples, batchSize }),
      meeting: stage === 'align' ? meetingOf(weights, shape) : null,
      beside: (judging) => beside(weights, shape, judging),
    }),
  });

function purpose(weights: NamedTensors, shape: Shape, stage: Stage): Pick<Model, 'study' | 'classify'> {
  switch (stage) {
    case 'pretrain':
      return { study: (samples) => pretrainStudy(weights, shape, samples), classify: null };
    case 'align':
      return { study: (samples) => alignStudy(weights, shape, samples), classify: null };
    case 'probe':
      return {
        study: (samples, terms) => probeStudy(weights, shape, samples, terms),
        classify: (samples) => probeReader(weights, shape.options, samples),
      };
    default:
      throw new TypeError(`unknown stage ${stage satisfies never}`);
  }
}

const meetingOf = (weights: NamedTensors, { options }: Shape): Meeting => ({
  ofVectors: (vectors) => projectVectors(weights, vectors, options, inference),
  ofFindings: (name, bits) => encode(weights, name, bits, options, inference),
});
