import { fail } from '@consilium/shared/errors';
import { z } from 'zod';
import type { BagFile, BagShape } from './bags.js';
import { openFile, readExactly } from './file-bytes.js';
import { type FloatKind, floatBytes, readFloats } from './floats.js';

const lengthBytes = 8;
/** Largest header: some 100 bytes an entry, so a few hundred thousand patients. */
const headerLimitBytes = 32 * 2 ** 20;
/** Largest bag, as float32. */
const bagLimitBytes = 2 ** 30;

const refuse = (problem: string): never => fail('CSM-DATA-BAG', { problem });

const entry = z.object({
  dtype: z.string().max(16),
  shape: z.array(z.int().min(0)).max(8),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const kinds: Readonly<Record<string, FloatKind>> = { F16: 'f16', F32: 'f32', F64: 'f64' };

interface Place extends BagShape {
  readonly kind: FloatKind;
  readonly position: number;
}

/**
 * Opens a safetensors file with a tensor [vectors, width] a patient; its header is read, the bags when they are asked for.
 * Format: github.com/huggingface/safetensors. @throws CSM-DATA-BAG
 */
export async function openSafetensorsBags(path: string): Promise<BagFile> {
  const file = await openFile(path, refuse);
  try {
    const { size } = await file.stat();
    const prefix = new Uint8Array(lengthBytes);
    await readExactly(file, prefix, 0, refuse);
    const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true));
    if (headerBytes > headerLimitBytes) refuse('its header is larger than 32 MiB');
    if (lengthBytes + headerBytes > size) refuse('it is cut short');
    const header = new Uint8Array(headerBytes);
    await readExactly(file, header, lengthBytes, refuse);
    const bags = placesOf(header, lengthBytes + headerBytes, size);
    return {
      bags,
      async read(name, signal) {
        signal?.throwIfAborted();
        const { kind, position, vectors, width } = bags.get(name) ?? refuse('it has no such bag');
        const bytes = vectors * width * floatBytes[kind];
        if (bytes > bagLimitBytes) refuse('a bag is larger than 1 GiB');
        const values = new Uint8Array(bytes);
        await readExactly(file, values, position, refuse);
        return readFloats(values, kind);
      },
      close: () => file.close(),
    };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

function placesOf(header: Uint8Array, dataStart: number, fileBytes: number): ReadonlyMap<string, Place> {
  const { __metadata__: _, ...tensors } = parseObject(header);
  const bags = new Map<string, Place>();
  let total = 0;
  for (const [name, value] of Object.entries(tensors)) {
    const parsed = entry.safeParse(value);
    if (!parsed.success) return refuse('an entry of its header is not that of a tensor');
    const { dtype, shape, data_offsets } = parsed.data;
    const [begin, end] = data_offsets;
    if (end < begin || dataStart + end > fileBytes) refuse('an entry lies outside of the file');
    total += end - begin;
    const kind = kinds[dtype];
    const [vectors = 0, width = 0] = shape;
    if (kind === undefined || shape.length !== 2) continue;
    if (vectors * width * floatBytes[kind] !== end - begin) refuse('an entry has another size than its shape says');
    bags.set(name, { kind, position: dataStart + begin, vectors, width });
  }
  if (total !== fileBytes - dataStart) refuse('its entries do not fill the file');
  return bags;
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return refuse('its header is not JSON');
  }
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  return object.success ? object.data : refuse('its header is not a JSON object');
}
