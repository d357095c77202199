import { elementsOf, layoutElements } from '@consilium/shared/weights';
import { tf } from '../backend/index.js';
import type { TensorGroup } from './model.js';

/**
 * A copy of a group's values, in layout order. Asked for all at once, since a GPU gives its memory back asynchronously only.
 */
export async function readTensors({ layout, variables }: TensorGroup): Promise<Float32Array> {
  const values = new Float32Array(layoutElements(layout));
  const parts = await Promise.all(variables.map((variable) => variable.data()));
  let offset = 0;
  for (const part of parts) {
    values.set(part, offset);
    offset += part.length;
  }
  return values;
}

/** Sets a group's values. They are copied: changing the array later changes nothing in the model. */
export function assignTensors({ layout, variables }: TensorGroup, values: Float32Array): void {
  const expected = layoutElements(layout);
  if (values.length !== expected) throw new RangeError(`${values.length} values for tensors of ${expected}`);
  let offset = 0;
  for (const variable of variables) {
    const end = offset + elementsOf(variable.shape);
    const tensor = tf.tensor(values.slice(offset, end), variable.shape, 'float32');
    variable.assign(tensor);
    tensor.dispose();
    offset = end;
  }
}
