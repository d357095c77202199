import { assignTensors, type Model, readTensors } from '@consilium/models/training';
import { fail } from '@consilium/shared/errors';
import { decodeWeights, elementsOf, encodeWeights, layoutElements } from '@consilium/shared/weights';

/** Format of the file in which a site keeps the tensors that never leave it. */
export const carriedFormat = 'consilium-carried-1';

/** A model's local tensors as their file; null where it has none. @throws CSM-TRAINER-DIVERGED */
export async function encodeLocal({ local }: Model): Promise<Uint8Array | null> {
  if (local.layout.length === 0) return null;
  const values = await readTensors(local);
  if (!values.every(Number.isFinite)) fail('CSM-TRAINER-DIVERGED', { tensor: local.layout[0]!.name });
  return encodeWeights({ layout: local.layout, metadata: { format: carriedFormat }, values });
}

/**
 * Sets a model's local tensors from the file of an earlier round, by name and shape; what it does not hold starts as it was drawn.
 * @param drawn values of all local tensors before any training
 * @throws CSM-WEIGHTS-*
 */
export function assignLocal({ local }: Model, drawn: Float32Array, file: Uint8Array | null): void {
  const values = drawn.slice();
  if (values.length !== layoutElements(local.layout)) throw new RangeError('other local tensors than the model has');
  const kept = file === null ? new Map<string, Float32Array>() : tensorsIn(file);
  let offset = 0;
  for (const { name, shape } of local.layout) {
    const tensor = kept.get(`${name} ${shape.join()}`);
    if (tensor !== undefined) values.set(tensor, offset);
    offset += elementsOf(shape);
  }
  assignTensors(local, values);
}

function tensorsIn(file: Uint8Array): ReadonlyMap<string, Float32Array> {
  const { layout, values } = decodeWeights(file);
  const tensors = new Map<string, Float32Array>();
  let offset = 0;
  for (const { name, shape } of layout) {
    const end = offset + elementsOf(shape);
    tensors.set(`${name} ${shape.join()}`, values.subarray(offset, end));
    offset = end;
  }
  return tensors;
}
