import { z } from 'zod';

/** Names that would reach an object's prototype when used as a key, and the one that safetensors keeps for itself. */
const forbiddenNames = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype', '__metadata__']);

/** A tensor's name: 1 to 255 of letters, digits and `_ . : / -`. */
export const tensorName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,254}$/, 'letters, digits and _ . : / -, at most 255')
  .refine((name) => !forbiddenNames.has(name), 'a reserved name');

/** A tensor's shape: up to 8 dimensions, none empty; `[]` is a scalar. */
export const tensorShape = z
  .array(z.int().min(1))
  .max(8)
  .refine((shape) => Number.isSafeInteger(elementsOf(shape) * Float32Array.BYTES_PER_ELEMENT), 'too many elements')
  .readonly();

/** The shared tensors of a model, in the order in which their float32 values lie one after the other. */
export const layout = z
  .array(z.strictObject({ name: tensorName, shape: tensorShape }).readonly())
  .min(1)
  .refine((tensors) => new Set(tensors.map(({ name }) => name)).size === tensors.length, 'each tensor once')
  .readonly();
export type Layout = z.infer<typeof layout>;

/** Number of values in a tensor of this shape. */
export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Number of values in all tensors of a layout. */
export const layoutElements = (tensors: Layout): number =>
  tensors.reduce((sum, { shape }) => sum + elementsOf(shape), 0);

/** Name of the tensor that holds the value at an index of the flat vector. */
export function tensorAt(tensors: Layout, element: number): string {
  let end = 0;
  for (const { name, shape } of tensors) {
    end += elementsOf(shape);
    if (element < end) return name;
  }
  throw new RangeError('tensorAt: the index lies past the last tensor');
}
