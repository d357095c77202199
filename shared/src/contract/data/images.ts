import { z } from 'zod';
import { fileName } from '../file-name.js';
import { checkSampleColumns, column, sampleTerms } from './common.js';

/** The columns of an image's values, as a preparation names them. */
export const imageFeatures = ['red', 'green', 'blue'] as const;

/** A table that names an image file, a class and a patient for each sample. */
export const images = z
  .strictObject({
    kind: z.literal('images'),
    ...sampleTerms,
    /** Column with the path of each image, below the site's folder. */
    file: column.default('file'),
    /** Pixels along each side of what the network sees. */
    side: z.int().min(8).max(1024),
    /** How an image becomes a square: as large as fits, its shape kept, the rest in the colour of its border. */
    fit: z.literal('letterbox').default('letterbox'),
    /** An image whose shorter side has fewer pixels is set aside. */
    minimumSide: z.int().min(1).max(65_536).exactOptional(),
    /** File names that a site's folder holds unless its own configuration says otherwise. */
    files: z.strictObject({ samples: fileName, split: fileName.optional() }),
  })
  .superRefine(({ file, ...terms }, context) => {
    checkSampleColumns(terms, context);
    for (const key of ['id', 'label', 'patient', 'group'] as const) {
      if (terms[key] !== file) continue;
      context.addIssue({ code: 'custom', path: ['file'], message: `must be another column than ${key}` });
    }
  });
