import { blueprintOf } from '@consilium/models/families';
import { type LabelledSamples, shapeOf } from '@consilium/models/samples';
import { assignTensors, type Model, type TensorGroup } from '@consilium/models/training';
import type { Contract, InputShape } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { decodeWeights, type Layout, type Weights } from '@consilium/shared/weights';

/** The network that a contract names for a stage, on the backend in use. @throws CSM-MODEL-* */
export function buildModel(contract: Contract, input: InputShape, stage: string): Model {
  const { family, blueprint } = planOf(contract, input, stage);
  return family.build({ ...blueprint, seed: contract.runFile.seed });
}

/** Refuses prepared samples that the network cannot take. @throws CSM-MODEL-*, which hold no value */
export function checkInput(contract: Contract, samples: LabelledSamples, stage: string): void {
  const { family, blueprint } = planOf(contract, shapeOf(samples), stage);
  family.checkInput(samples, blueprint);
}

const planOf = ({ runFile: { model } }: Contract, input: InputShape, stage: string) =>
  blueprintOf({ ...model, classes: model.classes.length, input, stage });

/** What a model's weights come from, as files. */
export interface WeightFiles {
  readonly model: Uint8Array;
  /** What its stage does not train; null where it trains all. */
  readonly frozen: Uint8Array | null;
}

/**
 * Sets a model's shared and frozen tensors from files of the same layout, and gives what the model's own file holds.
 * @param step whose model it is, for the error
 * @throws CSM-TRAINER-MODEL, CSM-WEIGHTS-*
 */
export function loadWeights(model: Model, files: WeightFiles, step: string): Weights {
  if ((files.frozen === null) !== (model.frozen.layout.length === 0)) fail('CSM-TRAINER-MODEL', { step });
  if (files.frozen !== null) assignFile(model.frozen, files.frozen, step);
  return assignFile(model.shared, files.model, step);
}

function assignFile(group: TensorGroup, file: Uint8Array, step: string): Weights {
  const weights = decodeWeights(file);
  if (!sameLayout(weights.layout, group.layout)) fail('CSM-TRAINER-MODEL', { step });
  assignTensors(group, weights.values);
  return weights;
}

const sameLayout = (one: Layout, other: Layout): boolean =>
  one.length === other.length &&
  one.every(({ name, shape }, index) => {
    const same = other[index]!;
    return name === same.name && shape.length === same.shape.length && shape.every((n, at) => n === same.shape[at]);
  });
