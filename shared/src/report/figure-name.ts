import { z } from 'zod';

/** How a figure is called that is no measure of the model's classes: `nearest-5`, `retrieval-map3`. */
export const figureName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9 .,+-]{0,63}$/, 'lower case letters, digits and .,+- inside');

/** Panels, and figures, that one evaluation may hold. */
export const maxBeside = 64;

/** The panel of the model that a site trained by itself. */
export const localOnly = 'local-only';
