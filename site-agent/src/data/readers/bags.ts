import { extname } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { readWhole } from './file-bytes.js';
import { openH5Bags } from './h5-bags.js';
import { readNpy } from './npy.js';
import { openSafetensorsBags } from './safetensors-bags.js';

/** A file of feature bags: tables of [vectors, width] floats by name. Names may be those of patients, so no error repeats one. */
export interface BagFile {
  /** Entries that are tables of floats, in the file's order; all else in the file is passed over. */
  readonly bags: ReadonlyMap<string, BagShape>;
  /** A bag's values, row-major; not judged: NaN and infinities are kept. */
  readonly read: (name: string, signal?: AbortSignal) => Promise<Float32Array>;
  readonly close: () => Promise<void>;
}

export interface BagShape {
  readonly vectors: number;
  readonly width: number;
}

/** Name of the one bag of an NPY file. */
export const onlyBag = '';
/** Largest NPY file: 100,000 cells of 768 float64 take half of it. */
const npyLimitBytes = 2 ** 30;

const refuse = (problem: string): never => fail('CSM-DATA-BAG', { problem });

/**
 * Opens a file of feature bags by the ending of its name: `.npy` (one bag, named `onlyBag`), `.safetensors`, `.h5` or `.hdf5`. It must be closed.
 * @throws CSM-DATA-BAG, CSM-DATA-NPY, CSM-DATA-H5-CODEC (when read)
 */
export function openBags(path: string, signal?: AbortSignal): Promise<BagFile> {
  switch (extname(path).toLowerCase()) {
    case '.npy':
      return openNpyBag(path);
    case '.safetensors':
      return openSafetensorsBags(path);
    case '.h5':
    case '.hdf5':
      return openH5Bags(path, signal);
    default:
      return refuse('its name ends neither in .npy nor in .safetensors nor in .h5');
  }
}

async function openNpyBag(path: string): Promise<BagFile> {
  const { shape, values } = readNpy(await readWhole(path, npyLimitBytes, refuse));
  const [vectors = 0, width = 0] = shape;
  if (shape.length !== 2) refuse('it is not a table of vectors × width');
  return {
    bags: new Map([[onlyBag, { vectors, width }]]),
    read: async (name) => (name === onlyBag ? values : refuse('it has no such bag')),
    close: async () => undefined,
  };
}
