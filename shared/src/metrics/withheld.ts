import type { z } from 'zod';
import type { Figure, suppressed } from './figure.js';

// Apart from the schemas, so that a page that only shows figures does not load what checks them.

/** The mark of a withheld figure. */
export const withheld: Figure = { suppressed: true };

export const isWithheld = (value: Figure | null): value is z.infer<typeof suppressed> =>
  value !== null && typeof value === 'object';
