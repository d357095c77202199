import { coded } from '@consilium/shared/errors';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import { decodeHeader, type Layout } from '@consilium/shared/weights';
import type { BlobReader } from './blobs.js';

/** Tiles are cut where the store cuts its sealed chunks, so that each chunk is opened once. */
export const tileBytes = 2 ** 20;
const valueBytes = Float32Array.BYTES_PER_ELEMENT;

/** The most values that a tile holds. */
export const tileElements = tileBytes / valueBytes;

/** The form that every update of a round shares with the model it started from. */
export interface ModelForm {
  readonly layout: Layout;
  readonly header: Uint8Array;
  /** Size of the whole file. */
  readonly bytes: number;
}

/** A piece of a weights file. The first one lies behind the header, up to the first chunk's end. */
export interface Tile {
  readonly offset: number;
  readonly length: number;
  /** Index of its first value in the flat vector, and how many there are. */
  readonly element: number;
  readonly elements: number;
}

/**
 * Reads a model's header.
 * @throws CSM-WEIGHTS-HEADER, CSM-WEIGHTS-TENSOR
 */
export async function readForm(blobs: BlobReader, hash: BlobHash): Promise<ModelForm> {
  const bytes = await blobs.size(hash);
  const head = await blobs.read(hash, 0, Math.min(tileBytes, bytes));
  const { layout, headerBytes, dataBytes } = decodeHeader(head);
  return { layout, header: head.slice(0, headerBytes), bytes: headerBytes + dataBytes };
}

/** The tiles of a file, in order. Values never straddle two: headers and tiles are multiples of 64 bytes. */
export function* tilesOf({ header, bytes }: ModelForm): Generator<Tile> {
  for (let offset = header.byteLength; offset < bytes; ) {
    const end = Math.min(bytes, (Math.floor(offset / tileBytes) + 1) * tileBytes);
    const element = (offset - header.byteLength) / valueBytes;
    yield { offset, length: end - offset, element, elements: (end - offset) / valueBytes };
    offset = end;
  }
}

/**
 * A site's update, to be read tile by tile: of the model's size, and its header the model's, byte for byte.
 * @throws CSM-UPDATE-LAYOUT (here, or when the first tile is read), CSM-UPDATE-SIZE
 */
export async function openUpdate(blobs: BlobReader, form: ModelForm, update: { site: SiteId; hash: BlobHash }) {
  const { site, hash } = update;
  const headerBytes = form.header.byteLength;
  const foreign = () => coded('CSM-UPDATE-LAYOUT', { site });
  const bytes = await blobs.size(hash);
  if (bytes !== form.bytes) {
    const header = await blobs.read(hash, 0, Math.min(headerBytes, bytes));
    throw same(header, form.header) ? coded('CSM-UPDATE-SIZE', { site, bytes, expected: form.bytes }) : foreign();
  }
  return async (tile: Tile): Promise<Float32Array> => {
    const [header, values] = await readTile(blobs, hash, form, tile);
    if (header !== null && !same(header, form.header)) throw foreign();
    return values;
  };
}

/** A tile's values; with the first tile comes the header, so that its chunk is read once. */
export async function readTile(
  blobs: BlobReader,
  hash: BlobHash,
  { header }: ModelForm,
  { offset, length, element }: Tile,
): Promise<readonly [header: Uint8Array | null, values: Float32Array]> {
  if (element > 0) return [null, floats(await blobs.read(hash, offset, length))];
  const bytes = await blobs.read(hash, 0, offset + length);
  return [bytes.subarray(0, header.byteLength), floats(bytes.subarray(header.byteLength))];
}

/** The bytes as float32 values: in place where they are aligned, else copied. */
function floats(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % valueBytes === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / valueBytes);
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
