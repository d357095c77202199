import type { FeatureBags } from '@consilium/shared/contract';
import { CodedError } from '@consilium/shared/errors';
import type { QuarantineReason } from '../dataset.js';
import { type BagFile, openBags } from '../readers/index.js';
import type { FindFile } from '../site-folder.js';
import { isMissing } from '../values.js';

/** The vectors of a bag, row-major, or why there are none. */
export type Bag = Float32Array | QuarantineReason;

/** Finds each sample's bag. */
export interface BagSource {
  /** @param path what its row says of the file; for one file with all bags it does not matter */
  readonly read: (sample: { readonly id: string; readonly path: string }) => Promise<Bag>;
  readonly close: () => Promise<void>;
}

type Limits = Pick<FeatureBags, 'width' | 'minimumCells'>;

/** A file a bag, below the site's folder. */
export const bagsByFile = (find: FindFile, limits: Limits, signal?: AbortSignal): BagSource => ({
  async read({ id, path }) {
    if (isMissing(path)) return 'no file name';
    const found = await find(path);
    if (typeof found === 'string') return found;
    return unlessFaulty(async () => {
      const file = await openBags(found.path, signal);
      try {
        const [only] = file.bags.size === 1 ? file.bags.keys() : [];
        return await judged(file, file.bags.has(id) ? id : only, limits, signal);
      } finally {
        await file.close();
      }
    });
  },
  close: async () => undefined,
});

/** One file with an entry a sample, by its id. @throws CSM-DATA-BAG where it cannot be opened */
export async function bagsOfOneFile(path: string, limits: Limits, signal?: AbortSignal): Promise<BagSource> {
  const file = await openBags(path, signal);
  return {
    read: ({ id }) => unlessFaulty(() => judged(file, id, limits, signal)),
    close: file.close,
  };
}

async function judged(
  file: BagFile,
  name: string | undefined,
  { width, minimumCells }: Limits,
  signal: AbortSignal | undefined,
): Promise<Bag> {
  const shape = name === undefined ? undefined : file.bags.get(name);
  if (name === undefined || shape === undefined) return 'no bag of this sample';
  if (shape.vectors === 0) return 'empty bag';
  if (shape.width !== width) return 'wrong width';
  if (shape.vectors < minimumCells) return 'too few cells';
  const values = await file.read(name, signal);
  return values.every(Number.isFinite) ? values : 'not finite';
}

/** A bag that cannot be read is one patient's; a compression that cannot be read is all of them. @throws CSM-DATA-H5-CODEC */
async function unlessFaulty(read: () => Promise<Bag>): Promise<Bag> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof CodedError && (thrown.code === 'CSM-DATA-BAG' || thrown.code === 'CSM-DATA-NPY')) {
      return 'file unreadable';
    }
    throw thrown;
  }
}
