import type { Layout } from '@consilium/shared/weights';
import { drawWeights } from '../layers/index.js';
import { layoutOf, metadataOf, onlyStage } from '../training/index.js';
import type { FamilyOptions } from './family.js';
import { familyOf } from './registry.js';

export interface InitialOptions {
  readonly family: string;
  readonly preset: string;
  /** What the run file changes in the preset. */
  readonly options: FamilyOptions;
  readonly features: number;
  readonly classes: number;
  readonly seed: number;
}

export interface InitialWeights {
  readonly layout: Layout;
  readonly metadata: Readonly<Record<string, string>>;
  readonly values: Float32Array;
}

/**
 * The weights a run starts from: the same for the same seed, whatever the machine, as they are drawn in plain JavaScript.
 * Needs no backend. Equal to what `build` of the family starts with.
 */
export function initialWeights({ family, preset, options, features, classes, seed }: InitialOptions): InitialWeights {
  const { parseOptions, parameters: declare } = familyOf(family);
  const parameters = declare({ features, classes, options: parseOptions(preset, options) });
  return {
    layout: layoutOf(parameters),
    metadata: metadataOf(family, preset, onlyStage),
    values: drawWeights(parameters, seed),
  };
}
