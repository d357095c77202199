import { fail } from '@consilium/shared/errors';
import type { Blueprint } from '../family.js';
import { type GenbloomOptions, genbloomOptions } from './config.js';

/** Findings that stand beside a bag and how wide they are; a run has one of them, both or, unless it aligns, none. */
export const modalities = ['karyotype', 'mutations'] as const;
export type Modality = (typeof modalities)[number];

/** All that decides the tensors of a stage. */
export interface Shape {
  /** Width of the cells' features. */
  readonly features: number;
  readonly bits: Readonly<Partial<Record<Modality, number>>>;
  readonly classes: number;
  readonly options: GenbloomOptions;
}

/** A blueprint as this family reads it. @throws CSM-MODEL-INPUT for a stage of alignment without anything to align with */
export function shapeOf({ input, classes, options, stage }: Blueprint): Shape {
  if (input.kind !== 'bags') throw new TypeError(`genbloom reads bags, not ${input.kind}`);
  const known = modalities.flatMap((name) => {
    const bits = input.sides[name];
    return bits === undefined ? [] : [[name, bits] as const];
  });
  if (stage === 'align' && known.length === 0) {
    fail('CSM-MODEL-INPUT', { problem: 'stage align needs karyotypes or mutations beside the cells (data.genetics)' });
  }
  return {
    features: input.width,
    bits: Object.fromEntries(known),
    classes,
    options: genbloomOptions.parse(options),
  };
}

export const aggregatorShape = ({ features, options }: Pick<Shape, 'features' | 'options'>) => ({
  inputs: features,
  width: options.width,
  depth: options.depth,
  heads: options.heads,
  mlpRatio: options.mlpRatio,
  layerScale: options.layerScale,
});
