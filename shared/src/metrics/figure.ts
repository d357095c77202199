import { z } from 'zod';

/** A figure that is withheld because too few patients stand behind it, or behind one that it would give away. */
export const suppressed = z.strictObject({ suppressed: z.literal(true) });

/** A released figure: a number or withheld, never a zero in place of something withheld. */
export const figure = z.union([z.number(), suppressed]);
export type Figure = z.infer<typeof figure>;
