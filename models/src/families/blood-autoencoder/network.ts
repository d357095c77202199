import type { NamedTensors } from '../../layers/index.js';
import { type Model, openModel } from '../../training/index.js';
import { besideClasses, besideCode } from './beside.js';
import { classification } from './classification.js';
import { type BloodAutoencoderOptions, name } from './config.js';
import { type Shape, type StageName, stageParameters } from './parameters.js';
import { reconstruction } from './reconstruction.js';

/** A model of this family: what it is made of can be looked into. */
export interface BloodAutoencoderModel extends Model {
  readonly anatomy: {
    readonly weights: NamedTensors;
    readonly options: BloodAutoencoderOptions;
    readonly stage: StageName;
  };
}

/** Builds a stage with starting weights drawn from the seed. `dispose` frees its variables. */
export function buildBloodAutoencoder(
  shape: Shape & { readonly stage: StageName; readonly seed: number },
): BloodAutoencoderModel {
  const { classes, options, stage, seed } = shape;
  return openModel({
    ...{ family: name, preset: options.preset, stage, seed },
    parameters: stageParameters(shape, stage),
    network: (weights) => ({ classes, anatomy: { weights, options, stage }, ...stageOf(shape, stage, weights) }),
  });
}

function stageOf({ classes, options }: Shape, stage: StageName, weights: NamedTensors) {
  switch (stage) {
    case 'autoencoder':
      return { ...reconstruction(weights), beside: besideCode(weights) };
    case 'head':
      return { ...classification({ weights, options, classes }), beside: besideClasses(weights, { classes, options }) };
    default:
      throw new TypeError(`unknown stage ${stage satisfies never}`);
  }
}
