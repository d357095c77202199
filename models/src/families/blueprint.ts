import type { InputShape } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { Blueprint, Family, FamilyOptions } from './family.js';
import { families, familyOf } from './registry.js';

/** A model as a run file and its prepared data ask for it. */
export interface Wanted {
  readonly family: string;
  readonly preset: string;
  /** What the run file changes in the preset. */
  readonly options: FamilyOptions;
  readonly input: InputShape;
  readonly classes: number;
  readonly stage: string;
}

/**
 * The family that is asked for, and what it builds from. `among`: all families there are.
 * @throws CSM-MODEL-FAMILY, CSM-MODEL-STAGE, CSM-MODEL-KIND, CSM-MODEL-OPTIONS
 */
export function blueprintOf(
  { family: name, preset, options, input, classes, stage }: Wanted,
  among = families,
): { readonly family: Family; readonly blueprint: Blueprint } {
  const family = familyOf(name, among);
  if (!family.stages.includes(stage)) {
    fail('CSM-MODEL-STAGE', { family: name, stage, known: family.stages.join(', ') });
  }
  if (input.kind !== family.input) fail('CSM-MODEL-KIND', { family: name, takes: family.input, given: input.kind });
  return { family, blueprint: { input, classes, options: family.parseOptions(preset, options), stage } };
}
