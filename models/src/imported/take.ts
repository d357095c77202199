import { fail } from '@consilium/shared/errors';
import type { TensorFile } from '@consilium/shared/safetensors';
import { elementsOf, type Weights, weightsFormat } from '@consilium/shared/weights';
import type { Taken } from './plan.js';

/**
 * Reads the planned tensors, as float32 in the family's names and order of axes.
 * @param file how the lead calls it
 * @throws CSM-IMPORT-FILE
 */
export async function takeTensors(
  file: string,
  { tensors, read }: TensorFile,
  take: readonly Taken[],
): Promise<Weights> {
  const refuse = (problem: string): never => fail('CSM-IMPORT-FILE', { file, problem });
  const places = take.map((taken) => {
    const { shape, kind } = tensors.get(taken.source) ?? { shape: [], kind: null };
    if (kind === null) return refuse(`${taken.tensor} is not of float16, bfloat16, float32 or float64`);
    const { axes = shape.map((_, axis) => axis) } = taken;
    return { ...taken, axes, given: shape, shape: axes.map((axis) => shape[axis] ?? 0) };
  });
  if (places.some(({ shape }) => elementsOf(shape) === 0)) refuse('a tensor is empty');
  const values = new Float32Array(places.reduce((sum, { shape }) => sum + elementsOf(shape), 0));
  let offset = 0;
  for (const { tensor, source, given, axes } of places) {
    const raw = await read(source);
    if (!raw.every(Number.isFinite)) refuse(`${tensor} holds a value that is not finite`);
    const turned = withAxes(raw, given, axes);
    values.set(turned, offset);
    offset += turned.length;
  }
  const layout = places.map(({ tensor, shape }) => ({ name: tensor, shape }));
  return { layout, metadata: { format: weightsFormat }, values };
}

/** The same values, row-major, in another order of axes: axis i of the result is axis `axes[i]` of what is given. */
function withAxes(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  if (axes.every((axis, place) => axis === place)) return values;
  const strides = shape.map((_, axis) => elementsOf(shape.slice(axis + 1)));
  const turned = axes.map((axis) => ({ length: shape[axis] ?? 0, stride: strides[axis] ?? 0 }));
  const result = new Float32Array(values.length);
  let at = 0;
  const visit = (depth: number, from: number): void => {
    const axis = turned[depth];
    if (axis === undefined) {
      result[at++] = values[from] ?? 0;
      return;
    }
    for (let index = 0; index < axis.length; index++) visit(depth + 1, from + index * axis.stride);
  };
  visit(0, 0);
  return result;
}
