import type { BlobHash } from '@consilium/shared/ids';
import { encodeHeader, type Layout } from '@consilium/shared/weights';
import type { AggregationBlobs } from './blobs.js';
import { type ModelForm, type Tile, tilesOf } from './tiles.js';

/** What a strategy keeps from round to round, tile by tile. */
export interface KeptValues {
  /** For each name, the tile's values of the round before; zeros where there was none. */
  read(tile: Tile): Promise<readonly Float32Array[]>;
  /** Takes the tile's new values; tiles come in order. */
  write(values: readonly Float32Array[]): Promise<void>;
  /** @returns the blob to go on from; null where nothing is kept */
  commit(): Promise<BlobHash | null>;
  abort(): Promise<void>;
}

const nothing: KeptValues = {
  read: async () => [],
  write: async () => {},
  commit: async () => null,
  abort: async () => {},
};

/**
 * A weights file with one tensor for each tile and name, tile by tile: `momentum/0`, `second-moment/0`, `momentum/1` …, so that it
 * is read and written as the fold goes.
 * @param before the file of the round before; null in the first round
 * @throws CSM-WEIGHTS-HEADER where the model is so large that its list of tiles is above 1 MiB
 */
export async function openKeptValues(
  blobs: AggregationBlobs,
  form: ModelForm,
  { names, before }: { readonly names: readonly string[]; readonly before: BlobHash | null },
): Promise<KeptValues> {
  if (names.length === 0) return nothing;
  const layout: Layout = [...tilesOf(form)].flatMap(({ elements }, index) =>
    names.map((name) => ({ name: `${name}/${index}`, shape: [elements] })),
  );
  const header = encodeHeader(layout, { format: 'consilium-strategy-1' });
  if (before !== null) await demandHeader(blobs, before, header);
  const writer = blobs.writer();
  await writer.append(header);
  return {
    async read({ element, elements, length }) {
      if (before === null) return names.map(() => new Float32Array(elements));
      const offset = header.length + names.length * Float32Array.BYTES_PER_ELEMENT * element;
      const bytes = await blobs.read(before, offset, names.length * length);
      const whole = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
      return names.map((_, index) => new Float32Array(whole.buffer, whole.byteOffset + index * length, elements));
    },
    async write(values) {
      for (const { buffer, byteOffset, byteLength } of values) {
        await writer.append(new Uint8Array(buffer, byteOffset, byteLength));
      }
    },
    commit: async () => (await writer.commit()).hash,
    abort: () => writer.abort(),
  };
}

/** What another strategy left, or another model, is no beginning for this one. */
async function demandHeader(blobs: AggregationBlobs, hash: BlobHash, header: Uint8Array): Promise<void> {
  const bytes = await blobs.size(hash);
  const found = await blobs.read(hash, 0, Math.min(header.length, bytes));
  if (Buffer.compare(found, header) !== 0) throw new RangeError('fold: the kept values are of another form');
}
