import { z } from 'zod';

/**
 * How a figure is called that is no measure of the model's classes over all samples: `nearest-5`, `retrieval-map3`; what is of one
 * group of the run alone: `group: monocyte`, `nearest-5, group: monocyte`; and what is of one subgroup: `subgroup: sex: F`.
 */
export const figureName = z
  .string()
  .regex(
    /^(?:(?:[a-z0-9][a-z0-9 .,+-]{0,63}, )?group: [^\p{Cc}]{1,64}|subgroup: [^\p{Cc}]{1,64}: [^\p{Cc}]{1,64}|[a-z0-9][a-z0-9 .,+-]{0,63})$/u,
    'lower case letters, digits and .,+- inside, or a group',
  );

/** What is of one group: the model's own predictions, or those that `name` is. */
export const nameInGroup = (group: string, name?: string): string =>
  name === undefined ? `group: ${group}` : `${name}, group: ${group}`;

/** The model's own predictions of those of whom a column says this. */
export const nameInSubgroup = (column: string, value: string): string => `subgroup: ${column}: ${value}`;

/** Whether a figure is of some of the judged samples alone. */
export const isOfSome = (name: string): boolean => name.includes('group: ');

/** Panels, and figures, that one evaluation may hold. */
export const maxBeside = 256;

/** The panel of the model that a site trained by itself. */
export const localOnly = 'local-only';

/** The panel of the result of an earlier run. */
export const previousModel = 'previous';

/** Panels of whole models, in the order in which they stand beside the common one. */
export const rivalModels: readonly string[] = [localOnly, previousModel];
