import { elementsOf, layoutElements } from '@consilium/shared/weights';
import { tf } from '../backend/index.js';
import type { Random } from './random.js';
import { stream } from './random.js';

/** Draws the starting values of one tensor, row-major. */
export type Initialiser = (random: Random, shape: readonly number[]) => Float32Array;

/**
 * What moves a tensor while a stage trains: gradients; the batches that pass a BatchNorm, whose moving averages it is; or the
 * objective itself, as a teacher or a centre.
 */
export type Role = 'trained' | 'statistics' | 'averaged';

/**
 * Where a tensor lives: in the model's file and in updates; at a site alone, carried there from round to round; or nowhere in a
 * round, as it stays what it is throughout the stage and is sent once.
 */
export type Scope = 'shared' | 'local' | 'frozen';

/**
 * One tensor of a model before it exists: its name says where it belongs (`attention1/qkv/kernel`). Kernels are [in, out]. A shared
 * `…/moving_mean` and `…/moving_variance` are the moving averages of a BatchNorm, by their names alone.
 */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly draw: Initialiser;
  /** `trained` where left out. */
  readonly role?: Role;
  /** `shared` where left out. */
  readonly scope?: Scope;
  /**
   * The tensor whose values it starts with, where that has another name: of the stage before, or else as that one is drawn, so a
   * student starts as its teacher.
   */
  readonly from?: string;
}

/** Those of a scope, in their order. */
export const scoped = (parameters: readonly Parameter[], scope: Scope): readonly Parameter[] =>
  parameters.filter((parameter) => (parameter.scope ?? 'shared') === scope);

/** The same tensors in another scope. */
export const withScope = (parameters: readonly Parameter[], scope: Scope): readonly Parameter[] =>
  parameters.map((parameter) => ({ ...parameter, scope }));

/** Whether gradients move it in this stage. */
export const isTrained = ({ role = 'trained', scope = 'shared' }: Parameter): boolean =>
  role === 'trained' && scope !== 'frozen';

/** Tensors by name: what every layer function reads its weights from. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** The tensor of a name, of the rank that its layer declared; a missing one is a fault of the program. */
export function weight<T extends tf.Tensor>(weights: NamedTensors, name: string): T {
  const tensor = weights[name];
  if (tensor === undefined) throw new ReferenceError(`no weight ${name}`);
  return tensor as T;
}

/**
 * Starting values of all parameters, concatenated in their order. Each tensor has its own stream, named after it or after the tensor
 * that it starts as, so a model's values do not depend on the order of its parameters or on the backend.
 */
export function drawWeights(parameters: readonly Parameter[], seed: number): Float32Array {
  const values = new Float32Array(layoutElements(parameters));
  let offset = 0;
  for (const { name, shape, draw, from = name } of parameters) {
    values.set(draw(stream(seed, 'initial', from), shape), offset);
    offset += elementsOf(shape);
  }
  return values;
}

/** Variables in the order of the parameters, trainable where gradients move them. The values are copied; dispose the variables when done. */
export function createVariables(parameters: readonly Parameter[], values: Float32Array): readonly tf.Variable[] {
  let offset = 0;
  return parameters.map((parameter) => {
    const { shape } = parameter;
    const end = offset + elementsOf(shape);
    const tensor = tf.tensor(values.slice(offset, end), [...shape], 'float32');
    offset = end;
    const variable = tf.variable(tensor, isTrained(parameter));
    tensor.dispose();
    return variable;
  });
}
