import { familyOf } from '@consilium/models/families';
import { assignTensors, type Model } from '@consilium/models/training';
import type { Contract } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { decodeWeights, type Layout, type Weights } from '@consilium/shared/weights';
import type { Part } from '../data/index.js';

/** The network that a contract names, on the backend in use. @throws CSM-MODEL-* */
export function buildModel({ runFile: { model, seed } }: Contract, features: number): Model {
  const family = familyOf(model.family);
  const options = family.parseOptions(model.preset, model.options);
  return family.build({ features, classes: model.classes.length, options, seed });
}

/** Refuses prepared samples that the network cannot take. @throws CSM-MODEL-INPUT, which holds no value */
export function checkInput({ runFile: { model } }: Contract, { x, y }: Part, features: number): void {
  familyOf(model.family).checkInput({ x, y, features, classes: model.classes.length });
}

/**
 * Sets a model's weights from a file of the same layout, and gives what the file holds.
 * @param step whose model it is, for the error
 * @throws CSM-TRAINER-MODEL, CSM-WEIGHTS-*
 */
export function loadWeights(model: Model, file: Uint8Array, step: string): Weights {
  const weights = decodeWeights(file);
  if (!sameLayout(weights.layout, model.shared.layout)) fail('CSM-TRAINER-MODEL', { step });
  assignTensors(model.shared, weights.values);
  return weights;
}

const sameLayout = (one: Layout, other: Layout): boolean =>
  one.length === other.length &&
  one.every(({ name, shape }, index) => {
    const same = other[index]!;
    return name === same.name && shape.length === same.shape.length && shape.every((n, at) => n === same.shape[at]);
  });
