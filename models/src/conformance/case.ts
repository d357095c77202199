import { agreementLimit, gradients, type Result, results, type tf } from '../backend/index.js';

/** What a case is about, in the order in which the suite goes through them. */
export const topics = [
  'products',
  'elements',
  'shapes',
  'reductions',
  'gathering',
  'attention',
  'normalisation',
  'convolution',
  'pooling',
  'losses',
  'random masks',
  'optimiser steps',
  'weights',
  'training steps',
] as const;

export type Topic = (typeof topics)[number];

/** Values of a computation. It may be asynchronous, and leaves no tensor behind. */
export type Computation = () => Promise<readonly Result[]>;

/** One thing that every backend must do as `cpu` does. */
export interface ConformanceCase {
  readonly topic: Topic;
  /** Unlike any other of its topic. */
  readonly name: string;
  /** The greatest relative L2 distance of one result from its reference. */
  readonly limit: number;
  /** What the backend in question computes. */
  readonly compute: Computation;
  /** What `cpu` computes: the same values and shapes. */
  readonly reference: Computation;
}

export type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

export interface OperationOptions {
  readonly name: string;
  /** Makes the inputs, float32, anew at each run. */
  readonly inputs: () => tf.Tensor[];
  /** Called within `tf.tidy`. */
  readonly operation: Operation;
  /** What it must equal on `cpu`; the operation itself when left out. For a fast form, its plain one. */
  readonly plain?: Operation;
  /** Whether the gradient for every input is compared, too; `false` for an operation that has none. */
  readonly differentiable?: boolean;
  readonly limit?: number;
}

/** A case about an operation: its value, and the gradient of a weighted sum of its value for each input. */
export function operationCase(
  topic: Topic,
  { name, inputs, operation, plain = operation, differentiable = true, limit = agreementLimit }: OperationOptions,
): ConformanceCase {
  const computation =
    (f: Operation): Computation =>
    () =>
      results(() => {
        const given = inputs();
        return differentiable ? [f(...given), ...gradients(f, ...given)] : f(...given);
      });
  return { topic, name, limit, compute: computation(operation), reference: computation(plain) };
}

/** A case whose right values are known without computing them. */
export const knownCase = (topic: Topic, { name, compute, expected, limit = 0 }: KnownOptions): ConformanceCase => ({
  topic,
  name,
  limit,
  compute: async () => [numbers(await compute())],
  reference: async () => [numbers(expected)],
});

export interface KnownOptions {
  readonly name: string;
  readonly compute: () => Promise<ArrayLike<number>>;
  readonly expected: ArrayLike<number>;
  readonly limit?: number;
}

/** Numbers as a result: a vector. */
export const numbers = (values: ArrayLike<number>): Result => ({
  shape: String(values.length),
  values: Float64Array.from(values),
});
