import { startCpu } from './cpu.js';
import { tf } from './tensorflow.js';

/** The greatest relative L2 distance from the `cpu` backend that a kernel may show on float32. */
export const agreementLimit = 1e-5;

type Computation = () => tf.Tensor | readonly tf.Tensor[];

/** Values in (−1, 1), no two alike and the same on every backend. */
export function sample(shape: readonly number[], seed = 1): tf.Tensor {
  const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, i) => {
    const x = Math.sin(seed * 12.9898 + i * 78.233) * 43758.5453;
    return 2 * (x - Math.floor(x)) - 1;
  });
  return tf.tensor(values, [...shape]);
}

/** Gradients with respect to each input of `f`'s output, weighted unevenly so that no error can cancel. */
export function gradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, ...inputs: tf.Tensor[]): tf.Tensor[] {
  return tf.grads((...xs: tf.Tensor[]) => {
    const y = f(...xs);
    return tf.sum(tf.mul(y, sample(y.shape, 7)));
  })(inputs);
}

/**
 * Runs a computation on the `cpu` backend and on another, which stays in use.
 * `error` is the greatest relative L2 distance of a result (infinite for another shape), `leaked` the tensors and
 * buffers that a second run on that backend leaves behind.
 */
export async function compare(backend: string, compute: Computation): Promise<{ error: number; leaked: number }> {
  await startCpu();
  const wanted = await results(compute);
  await tf.setBackend(backend);
  const got = await results(compute);
  const before = held();
  await results(compute);
  return { error: greatestDistance(got, wanted), leaked: held() - before };
}

/** What a computation gives on the backend in use; nothing of it stays allocated. */
export async function results(compute: Computation): Promise<readonly Result[]> {
  const tensors = tf.tidy(() => [compute()].flat());
  const read = await Promise.all(
    tensors.map(async (tensor) => ({ shape: tensor.shape.join(), values: Float64Array.from(await tensor.data()) })),
  );
  for (const tensor of tensors) tensor.dispose();
  return read;
}

/** Values of a tensor, row-major, and its shape. */
export interface Result {
  readonly shape: string;
  readonly values: Float64Array;
}

/** Tensors and buffers that the backend in use holds. */
export const held = (): number => tf.memory().numTensors + tf.backend().numDataIds();

/** The greatest distance of a result from the one wanted; infinite where one is missing. */
export const greatestDistance = (got: readonly Result[], wanted: readonly Result[]): number =>
  got.length === wanted.length
    ? Math.max(0, ...wanted.map((want, index) => distance(got[index], want)))
    : Number.POSITIVE_INFINITY;

/** Relative L2 distance of a result from the one wanted; infinite for another shape. */
export function distance(got: Result | undefined, want: Result): number {
  if (got?.shape !== want.shape) return Number.POSITIVE_INFINITY;
  const length = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const apart = length(want.values.map((value, i) => value - (got.values[i] ?? Number.NaN)));
  return apart === 0 ? 0 : apart / Math.max(length(want.values), Number.MIN_VALUE);
}
