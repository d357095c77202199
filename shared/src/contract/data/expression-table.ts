import { z } from 'zod';
import { checkColumns, featureTableFiles, featureTerms, sampleTerms } from './common.js';

/** Tables of samples × columns. */
export const expressionTable = z
  .strictObject({
    kind: z.literal('expression-table'),
    ...sampleTerms,
    ...featureTerms,
    /** File names that a site's folder holds unless its own configuration says otherwise. */
    files: featureTableFiles,
  })
  .superRefine(checkColumns);
