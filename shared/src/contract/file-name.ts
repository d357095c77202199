import { z } from 'zod';

/** A file beside the run file, or in a site's folder. */
export const fileName = z
  .string()
  .regex(/^[^/\\\0]{1,128}$/, 'a file name without folders')
  .refine((text) => text !== '.' && text !== '..', 'a file name without folders');
