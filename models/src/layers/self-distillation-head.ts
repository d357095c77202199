import type { tf } from '../backend/index.js';
import { gelu } from '../operations/index.js';
import { dense, denseParameters } from './dense.js';
import { truncatedNormal } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { prototypeParameters, prototypes } from './prototypes.js';
import { toLength } from './unit-length.js';

export interface SelfDistillationHeadShape {
  readonly width: number;
  readonly hidden: number;
  /** Width of the rows that are compared with the prototypes. */
  readonly bottleneck: number;
  readonly prototypes: number;
}

/** Parameters of the head that self-distillation sees a patient or a cell through; the same shape for the student and the teacher. */
export const selfDistillationHeadParameters = (
  name: string,
  { width, hidden, bottleneck, prototypes: count }: SelfDistillationHeadShape,
): readonly Parameter[] => [
  ...startingSmall(denseParameters(`${name}/dense1`, width, hidden)),
  ...startingSmall(denseParameters(`${name}/dense2`, hidden, hidden)),
  ...startingSmall(denseParameters(`${name}/dense3`, hidden, bottleneck)),
  ...prototypeParameters(`${name}/prototypes`, bottleneck, count),
];

/** As the aggregator before it starts. */
const startingSmall = (parameters: readonly Parameter[]): readonly Parameter[] =>
  parameters.map((parameter) =>
    parameter.shape.length === 2 ? { ...parameter, draw: truncatedNormal(0.02) } : parameter,
  );

/** Three dense layers with exact GELU between, rows of length 1, prototypes (Caron et al. 2021): [rows, width] → logits [rows, prototypes]. */
export function selfDistillationHead(weights: NamedTensors, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const first = gelu(dense(weights, `${name}/dense1`, x));
  const second = gelu(dense(weights, `${name}/dense2`, first));
  return prototypes(weights, `${name}/prototypes`, toLength(dense(weights, `${name}/dense3`, second)));
}
