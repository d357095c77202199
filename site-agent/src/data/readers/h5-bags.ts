import { fail } from '@consilium/shared/errors';
import type { BagFile } from './bags.js';
import { openH5 } from './h5-file.js';
import type { H5Dataset } from './h5-messages.js';

/** Most numbers of one bag: 1 GiB as float32. */
const maxBagValues = 2 ** 28;

const refuse = (problem: string): never => fail('CSM-DATA-BAG', { problem });

/** Opens an HDF5 file with a dataset [vectors, width] of float32 or float64 a patient, at its root. @throws CSM-DATA-BAG, and CSM-DATA-H5-CODEC when read */
export async function openH5Bags(path: string, signal?: AbortSignal): Promise<BagFile> {
  const file = await openH5(path, refuse, { signal });
  try {
    const tables = (await file.datasets('/')).filter(({ holds, shape }) => holds === 'floats' && shape.length === 2);
    const byName = new Map<string, H5Dataset>(tables.map((table) => [table.name, table]));
    return {
      bags: new Map(tables.map(({ name, shape: [vectors = 0, width = 0] }) => [name, { vectors, width }])),
      async read(name, stop) {
        const dataset = byName.get(name) ?? refuse('it has no such bag');
        const [vectors = 0, width = 0] = dataset.shape;
        if (dataset.foreignCodec !== null) fail('CSM-DATA-H5-CODEC', { codec: dataset.foreignCodec });
        if (vectors * width > maxBagValues) refuse('a bag is larger than 1 GiB');
        const values = new Float32Array(vectors * width);
        let filled = 0;
        for await (const block of file.numbers(name, dataset)) {
          stop?.throwIfAborted();
          values.set(block, filled);
          filled += block.length;
        }
        return values;
      },
      close: file.close,
    };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}
