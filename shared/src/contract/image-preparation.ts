import { z } from 'zod';

const lightness = z.number().min(0).max(100);
const colour = z.number().min(-128).max(128);
const spread = z.number().min(0).max(128);

/** Mean and standard deviation of lightness, a and b in CIELAB: what a stain and a camera make of an image. */
export const stainReference = z.strictObject({
  mean: z.tuple([lightness, colour, colour]),
  sd: z.tuple([spread, spread, spread]),
});
export type StainReference = z.output<typeof stainReference>;

/** What is done to every image alike, in this order. */
export const imagePreparation = z.strictObject({
  /** Lightness is equalised within `tiles` × `tiles` fields; no level occurs more often than `clip` times its even share. */
  clahe: z.strictObject({ clip: z.number().min(1).max(100), tiles: z.int().min(1).max(64) }).exactOptional(),
  /** Each image's stain is brought to a reference: the mean over the training images of all hospitals, or a given one. */
  stain: z.union([z.literal('federated'), stainReference]).exactOptional(),
  /** Each pixel becomes the median of the nine around it. */
  median3: z.boolean().exactOptional(),
});
export type ImagePreparation = z.output<typeof imagePreparation>;
