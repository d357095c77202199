import { type Correction, corrected, labMoments } from '@consilium/models/images';
import type { Images, Samples } from '@consilium/models/samples';
import type { RunFile } from '@consilium/shared/contract';
import { fittedStain, type PreparationState, type StainStatistics } from '@consilium/shared/statistics';
import type { Fitting, SiteStep } from './step.js';

/** The stain of the training images after their contrast was evened; afterwards every image is corrected alike. */
export const stain: SiteStep = {
  fit: (fitting) => stainStatistics(fitting),
  apply: ({ state, run }) => {
    const correction = correctionOf(run, state);
    return (part) => {
      if (correction === null || part.input.kind !== 'images') return part;
      return { ...part, input: correctedImages(part.input, correction) };
    };
  },
};

/** What a run does to each image; null where it does nothing. */
function correctionOf({ preparation: { image } }: RunFile, state: PreparationState): Correction | null {
  if (image === undefined) return null;
  const { clahe = null, stain: reference, median3: median = false } = image;
  const target = reference === 'federated' ? fittedStain(state) : (reference ?? null);
  return clahe === null && target === null && !median ? null : { clahe, stain: target, median };
}

function correctedImages(input: Images, correction: Correction): Images {
  const pixels = new Uint8Array(input.pixels.length);
  eachImage(input, (image, start) => {
    pixels.set(corrected(image, input.side, correction), start);
  });
  return { ...input, pixels };
}

/** Mean over this site's training images of each one's moments; nothing where they are of fewer than `minimumCell` patients. */
function stainStatistics({ dataset, contract, salt }: Fitting): StainStatistics {
  const { preparation, validation } = contract.runFile;
  const { train } = dataset.parts;
  const mean: [number, number, number] = [0, 0, 0];
  const sd: [number, number, number] = [0, 0, 0];
  const input = asImages(train.input);
  const enough = new Set(train.patients).size >= validation.minimumCell;
  if (enough) {
    const before: Correction = { clahe: preparation.image?.clahe ?? null, stain: null, median: false };
    eachImage(input, (image) => {
      const own = labMoments(corrected(image, input.side, before));
      for (const channel of [0, 1, 2] as const) {
        mean[channel] += own.mean[channel] / train.rows;
        sd[channel] += own.sd[channel] / train.rows;
      }
    });
  }
  return { format: 'consilium-stain-1', salt, n: enough ? train.rows : 0, mean, sd };
}

function eachImage({ rows, side, pixels }: Images, visit: (image: Uint8Array, start: number) => void): void {
  const size = 3 * side ** 2;
  for (let row = 0; row < rows; row++) visit(pixels.subarray(row * size, (row + 1) * size), row * size);
}

function asImages(input: Samples): Images {
  if (input.kind !== 'images') throw new TypeError(`images are wanted, not ${input.kind}`);
  return input;
}
