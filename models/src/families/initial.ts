import { fail } from '@consilium/shared/errors';
import { elementsOf, type Weights } from '@consilium/shared/weights';
import { drawWeights, type Parameter, scoped } from '../layers/index.js';
import { layoutOf, metadataOf } from '../training/index.js';
import { blueprintOf, type Wanted } from './blueprint.js';
import { families } from './registry.js';

export interface InitialOptions extends Wanted {
  readonly seed: number;
  /** The results of the stages before, oldest first: their shared and their frozen tensors. None for the first stage. */
  readonly earlier?: readonly Weights[];
  /** Tensors of an earlier training, by the names that they have in this family. */
  readonly imported?: Weights | null;
}

export interface InitialWeights {
  /** The model's file. */
  readonly shared: Weights;
  /** What the stage does not train; null where it trains all. */
  readonly frozen: Weights | null;
}

/**
 * The weights that a stage starts from: values of the stage before where it has such a tensor, then imported ones, and otherwise the same
 * for the same seed, whatever the machine, as they are drawn in plain JavaScript. Needs no backend. A tensor that nobody gave is what
 * `build` of the family starts it with. Local tensors are no part of it: each site draws its own.
 * @throws CSM-MODEL-*, CSM-IMPORT-SHAPE when an imported tensor has another shape
 */
export function initialWeights(
  { seed, earlier = [], imported = null, ...wanted }: InitialOptions,
  among = families,
): InitialWeights {
  const { family, blueprint } = blueprintOf(wanted, among);
  const parameters = family.parameters(blueprint);
  const metadata = metadataOf(wanted.family, wanted.preset, wanted.stage);
  const known = new Map(earlier.flatMap((weights) => [...tensorsOf(weights)]));
  const given = new Map(imported === null ? [] : tensorsOf(imported));
  const file = (members: readonly Parameter[]): Weights => {
    const values = drawWeights(members, seed);
    let offset = 0;
    for (const { name, shape, from = name } of members) {
      const before = known.get(from);
      const brought = before === undefined ? (given.get(name) ?? given.get(from)) : undefined;
      if (before !== undefined && sameShape(before.shape, shape)) values.set(before.values, offset);
      if (brought !== undefined) {
        if (!sameShape(brought.shape, shape)) refuseShape(name, brought.shape, shape);
        values.set(brought.values, offset);
      }
      offset += elementsOf(shape);
    }
    return { layout: layoutOf(members), metadata, values };
  };
  const frozen = scoped(parameters, 'frozen');
  return { shared: file(scoped(parameters, 'shared')), frozen: frozen.length === 0 ? null : file(frozen) };
}

interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

function* tensorsOf({ layout, values }: Weights): Iterable<readonly [string, Tensor]> {
  let offset = 0;
  for (const { name, shape } of layout) {
    const end = offset + elementsOf(shape);
    yield [name, { shape, values: values.subarray(offset, end) }];
    offset = end;
  }
}

/** Whether two shapes are one. */
export const sameShape = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((length, axis) => length === other[axis]);

/** @throws CSM-IMPORT-SHAPE: an imported tensor cannot be this one */
export function refuseShape(tensor: string, given: readonly number[], wanted: readonly number[]): never {
  const told = (shape: readonly number[]) => `[${shape.join(', ')}]`;
  return fail('CSM-IMPORT-SHAPE', { tensor, given: told(given), wanted: told(wanted) });
}
