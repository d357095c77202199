import { elementsOf, layoutElements } from '@consilium/shared/weights';
import { tf } from '../backend/index.js';
import type { Model } from './model.js';

/**
 * A copy of the model's shared weights, in layout order. Asked for all at once, since a GPU gives its memory back asynchronously
 * only.
 */
export async function readWeights(model: Model): Promise<Float32Array> {
  const values = new Float32Array(layoutElements(model.layout));
  const parts = await Promise.all(model.layout.map((_, index) => sharedVariable(model, index).data()));
  let offset = 0;
  for (const part of parts) {
    values.set(part, offset);
    offset += part.length;
  }
  return values;
}

/** Sets the model's shared weights. The values are copied: changing the array later changes nothing in the model. */
export function assignWeights(model: Model, values: Float32Array): void {
  const expected = layoutElements(model.layout);
  if (values.length !== expected) throw new RangeError(`${values.length} weights for a model of ${expected}`);
  let offset = 0;
  model.layout.forEach(({ shape }, index) => {
    const end = offset + elementsOf(shape);
    const tensor = tf.tensor(values.slice(offset, end), [...shape], 'float32');
    sharedVariable(model, index).assign(tensor);
    tensor.dispose();
    offset = end;
  });
}

function sharedVariable(model: Model, index: number): tf.Variable {
  const variable = model.variables[index];
  if (variable === undefined) throw new ReferenceError(`the model has no variable for tensor ${index} of its layout`);
  return variable;
}
