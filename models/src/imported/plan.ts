import { fail } from '@consilium/shared/errors';
import type { TensorFile } from '@consilium/shared/safetensors';
import { type ForeignTensor, refuseShape, sameShape } from '../families/index.js';
import type { Parameter } from '../layers/index.js';

/** A stage of the model that is to start from a file. */
export interface StagePlan {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Tensors whose shapes follow from the features of the sites, and so are not known yet. */
  readonly open: ReadonlySet<string>;
  readonly foreign: readonly ForeignTensor[];
}

/** A tensor of the file, and as which of the family's it is kept. */
export interface Taken {
  readonly tensor: string;
  readonly source: string;
  readonly axes?: readonly number[];
}

/** What becomes of the tensors of a stage, by their names in the family. */
export interface PlannedStage {
  readonly name: string;
  readonly taken: readonly string[];
  readonly drawn: readonly string[];
  /** Those of `taken` whose shape is checked when the sites have said their features. */
  readonly open: readonly string[];
}

export interface PlannedImport {
  readonly stages: readonly PlannedStage[];
  readonly take: readonly Taken[];
  /** How many tensors of the file nothing starts from. */
  readonly unused: number;
}

/**
 * Which tensors of a file each stage starts from: those of its own name, those that the family knows under another program's name, and
 * those that it would take from a stage before. What the stage before hands over itself is not asked of the file, nor is what lives at a
 * site alone.
 * @throws CSM-IMPORT-NOTHING, CSM-IMPORT-SHAPE
 */
export function importPlan(
  given: { readonly file: string; readonly family: string; readonly tensors: TensorFile['tensors'] },
  stages: readonly StagePlan[],
): PlannedImport {
  const { file, family, tensors } = given;
  const take = new Map<string, Taken>();
  let handed: ReadonlySet<string> = new Set();
  const planned = stages.map(({ name, parameters, open, foreign }): PlannedStage => {
    const travelling = parameters.filter(({ scope }) => scope !== 'local');
    const asked = travelling.filter((parameter) => !handed.has(parameter.from ?? parameter.name));
    handed = new Set(travelling.map((parameter) => parameter.name));
    const found = asked.flatMap((parameter) => {
      const taken = placeOf(parameter, tensors, foreign);
      if (taken === undefined) return [];
      take.set(taken.tensor, taken);
      if (!open.has(parameter.name)) check(taken, parameter, tensors);
      return [parameter.name];
    });
    const taken = new Set(found);
    return {
      name,
      taken: found,
      drawn: asked.flatMap((parameter) => (taken.has(parameter.name) ? [] : [parameter.name])),
      open: found.filter((tensor) => open.has(tensor)),
    };
  });
  if (take.size === 0) fail('CSM-IMPORT-NOTHING', { file, family, tensors: tensors.size });
  const used = new Set([...take.values()].map(({ source }) => source));
  return { stages: planned, take: [...take.values()], unused: tensors.size - used.size };
}

function placeOf(
  { name, from = name }: Parameter,
  tensors: TensorFile['tensors'],
  foreign: readonly ForeignTensor[],
): Taken | undefined {
  if (tensors.has(name)) return { tensor: name, source: name };
  const other = foreign.find(({ tensor }) => tensor === name);
  if (other !== undefined && tensors.has(other.name)) {
    return { tensor: name, source: other.name, ...(other.axes === undefined ? {} : { axes: other.axes }) };
  }
  return tensors.has(from) ? { tensor: from, source: from } : undefined;
}

function check({ source, axes }: Taken, { name, shape }: Parameter, tensors: TensorFile['tensors']): void {
  const given = tensors.get(source)?.shape ?? [];
  if (axes !== undefined && axes.length !== given.length) refuseShape(name, given, shape);
  const turned = axes === undefined ? given : axes.map((axis) => given[axis] ?? 0);
  if (!sameShape(turned, shape)) refuseShape(name, turned, shape);
}
