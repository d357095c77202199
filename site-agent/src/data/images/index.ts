import { createHash } from 'node:crypto';
import { letterbox } from '@consilium/models/images';
import type { Images } from '@consilium/models/samples';
import { featureList, type RunFile } from '@consilium/shared/contract';
import { CodedError } from '@consilium/shared/errors';
import { assembleDataset, type FoundSample } from '../assemble.js';
import type { Dataset, QuarantinedRow } from '../dataset.js';
import { refuseMostlyFaulty } from '../mostly-faulty.js';
import { type RgbImage, readImage } from '../readers/index.js';
import { openFolder } from '../site-folder.js';
import type { DataSource } from '../source.js';
import { tableRole } from '../tables.js';
import { readManifest } from './manifest.js';

type ImageTerms = Extract<RunFile['data'], { readonly kind: 'images' }>;

/** An image as the network's square, [side, side, 3]. */
interface FoundImage extends FoundSample {
  readonly pixels: Uint8Array;
}

/** Shorter sides than this tell nothing of a cell. */
const smallestSide = 8;

/**
 * Reads a cohort from image files that a table names: JPEG, PNG, TIFF or BMP, each brought to a square of the run's side. Rows without
 * a usable image are set aside and counted. Memory: twice samples × side² × 3 bytes, and one image as it is in its file.
 * @throws CSM-DATA-*, CSM-COHORT-SMALL
 */
export async function loadImages(source: DataSource, data: ImageTerms): Promise<Dataset> {
  const files = source.files ?? data.files;
  const file = tableRole(files, 'samples');
  const manifest = await readManifest(source, { data, file });
  const open = await openFolder(source.directory);
  const minimum = data.minimumSide ?? smallestSide;
  const quarantine: QuarantinedRow[] = [...manifest.quarantine];
  const found: FoundImage[] = [];
  const seen = new Set<string>();
  let oblong = 0;
  for (const { path, ...sample } of manifest.samples) {
    source.signal?.throwIfAborted();
    const opened = await open(path);
    const picture = typeof opened === 'string' ? opened : await decoded(opened.path);
    const usable = typeof picture === 'string' ? picture : checked(picture, minimum, seen);
    if (typeof usable === 'string') {
      quarantine.push({ file, line: sample.line, reason: usable, column: data.file });
      continue;
    }
    if (usable.width !== usable.height) oblong += 1;
    found.push({ ...sample, pixels: letterbox(usable, data.side) });
  }
  refuseMostlyFaulty(file, quarantine, manifest.read);
  const dataset = await assembleDataset({
    source,
    file,
    samples: found,
    features: featureList(source.contract) ?? [],
    counts: { read: manifest.read, otherLabel: manifest.otherLabel, missingFeatures: 0 },
    quarantine,
    build: (own) => ({ input: imagesOf(own, data.side), sides: {} }),
  });
  if (oblong === 0) return dataset;
  return { ...dataset, notes: [...(dataset.notes ?? []), `Images that are not square: ${oblong}. ${letterboxed}`] };
}

const letterboxed = 'They were fitted in whole, and what is left of the square has the colour of their border.';

/** The image, or why there is none. @throws CSM-DATA-IMAGE-LIBRARY */
async function decoded(path: string): Promise<RgbImage | 'corrupt image'> {
  try {
    return await readImage(path);
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'CSM-DATA-IMAGE') return 'corrupt image';
    throw thrown;
  }
}

/** The same picture in two rows may be trained on in one and tested on in the other: the first is kept. */
function checked(picture: RgbImage, minimum: number, seen: Set<string>): RgbImage | 'too small' | 'image twice' {
  const { width, height, pixels } = picture;
  if (Math.min(width, height) < minimum) return 'too small';
  const mark = createHash('sha256').update(`${width}x${height} `).update(pixels).digest('base64');
  return seen.size === seen.add(mark).size ? 'image twice' : picture;
}

function imagesOf(own: readonly FoundImage[], side: number): Images {
  const size = 3 * side ** 2;
  const pixels = new Uint8Array(own.length * size);
  own.forEach((image, row) => {
    pixels.set(image.pixels, row * size);
  });
  return { kind: 'images', rows: own.length, side, pixels };
}
