import { fail } from '@consilium/shared/errors';
import { openTensors } from '@consilium/shared/safetensors';
import type { BagFile, BagShape } from './bags.js';
import { openFile, readExactly } from './file-bytes.js';

const limits = {
  /** Some 100 bytes an entry, so a few hundred thousand patients. */
  headerBytes: 32 * 2 ** 20,
  /** Largest bag, as float32. */
  tensorBytes: 2 ** 30,
};

const refuse = (problem: string): never => fail('CSM-DATA-BAG', { problem });

/**
 * Opens a safetensors file with a tensor [vectors, width] a patient; its header is read, the bags when they are asked for.
 * @throws CSM-DATA-BAG
 */
export async function openSafetensorsBags(path: string): Promise<BagFile> {
  const file = await openFile(path, refuse);
  try {
    const { size } = await file.stat();
    const source = {
      bytes: size,
      async read(position: number, length: number) {
        const bytes = new Uint8Array(length);
        await readExactly(file, bytes, position, refuse);
        return bytes;
      },
    };
    const { tensors, read } = await openTensors(source, limits, refuse);
    const bags = new Map<string, BagShape>();
    for (const [name, { shape, kind }] of tensors) {
      const [vectors = 0, width = 0] = shape;
      if (kind !== null && shape.length === 2) bags.set(name, { vectors, width });
    }
    return {
      bags,
      async read(name, signal) {
        signal?.throwIfAborted();
        return bags.has(name) ? read(name) : refuse('it has no such bag');
      },
      close: () => file.close(),
    };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}
