import { z } from 'zod';
import { checkColumns, featureTerms, sampleTerms, siteFiles } from './common.js';

/** Tables of samples × columns. */
export const expressionTable = z
  .strictObject({
    kind: z.literal('expression-table'),
    ...sampleTerms,
    ...featureTerms,
    /** File names that a site's folder holds unless its own configuration says otherwise. */
    files: siteFiles,
  })
  .superRefine(checkColumns);
