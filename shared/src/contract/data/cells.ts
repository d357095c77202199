import { z } from 'zod';
import { fileName } from '../file-name.js';
import { checkColumns, featureFiles, featureTerms, sampleTerms } from './common.js';

/** Single cells: a matrix of cells × genes, most of it 0, with the names of both. */
export const cells = z
  .strictObject({
    kind: z.literal('cells'),
    ...sampleTerms,
    ...featureTerms,
    /** Which matrix of an AnnData file: X when left out, `raw`, or the name of a layer. */
    layer: z.string().min(1).max(256).exactOptional(),
    /** File names that a site's folder holds unless its own configuration says otherwise. */
    files: z.strictObject({
      /** AnnData (.h5ad), one or several, or one Matrix Market file (.mtx, .mtx.gz). */
      features: featureFiles,
      /** Of a Matrix Market file: the names of its genes and cells, one a line. */
      genes: fileName.optional(),
      cells: fileName.optional(),
      samples: fileName.optional(),
      split: fileName.optional(),
    }),
  })
  .superRefine(checkColumns);
