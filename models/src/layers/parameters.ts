import { elementsOf, layoutElements } from '@consilium/shared/weights';
import { tf } from '../backend/index.js';
import type { Random } from './random.js';
import { stream } from './random.js';

/** Draws the starting values of one tensor, row-major. */
export type Initialiser = (random: Random, shape: readonly number[]) => Float32Array;

/** One trainable tensor before it exists: its name says where it belongs (`attention1/qkv/kernel`). Kernels are [in, out]. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly draw: Initialiser;
}

/** Tensors by name: what every layer function reads its weights from. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** The tensor of a name, of the rank that its layer declared; a missing one is a fault of the program. */
export function weight<T extends tf.Tensor>(weights: NamedTensors, name: string): T {
  const tensor = weights[name];
  if (tensor === undefined) throw new ReferenceError(`no weight ${name}`);
  return tensor as T;
}

/**
 * Starting values of all parameters, concatenated in their order. Each tensor has its own stream, named after it, so a
 * model's values do not depend on the order of its parameters or on the backend.
 */
export function drawWeights(parameters: readonly Parameter[], seed: number): Float32Array {
  const values = new Float32Array(layoutElements(parameters));
  let offset = 0;
  for (const { name, shape, draw } of parameters) {
    values.set(draw(stream(seed, 'initial', name), shape), offset);
    offset += elementsOf(shape);
  }
  return values;
}

/** Trainable variables in the order of the parameters. The values are copied; dispose the variables when done. */
export function createVariables(parameters: readonly Parameter[], values: Float32Array): readonly tf.Variable[] {
  let offset = 0;
  return parameters.map(({ shape }) => {
    const end = offset + elementsOf(shape);
    const tensor = tf.tensor(values.slice(offset, end), [...shape], 'float32');
    offset = end;
    const variable = tf.variable(tensor);
    tensor.dispose();
    return variable;
  });
}
