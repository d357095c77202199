import { fail } from '@consilium/shared/errors';
import type { z } from 'zod';
import type { FamilyOptions } from './family.js';

/** What a family's settings are checked by, and what fills in those that a run file leaves out. */
export interface PresetOptions<Schema> {
  readonly family: string;
  readonly schema: Schema;
  readonly presets: Readonly<Record<string, object>>;
  /** What all presets have in common. */
  readonly defaults?: object;
}

/** A preset with the run file's changes, checked; the settings name their preset. Fails with `CSM-MODEL-OPTIONS`. */
export function presetOptions<Schema extends z.ZodType>(
  { family, schema, presets, defaults = {} }: PresetOptions<Schema>,
  preset: string,
  options: FamilyOptions,
): z.output<Schema> {
  const usual = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  if (usual === undefined) return refuseOptions(family, `there is no preset ${preset}`);
  const result = schema.safeParse({ ...defaults, ...usual, ...options, preset });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return refuseOptions(family, issue === undefined ? 'unknown' : `${issue.path.join('.')} ${issue.message}`.trim());
}

export const refuseOptions = (family: string, problem: string): never => fail('CSM-MODEL-OPTIONS', { family, problem });
