import { coded, fail } from '@consilium/shared/errors';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import { freeNow } from '@consilium/shared/memory';
import {
  bytesOfSpan,
  decodeHeader,
  decodeValues,
  type Layout,
  type UpdateCoding,
  updateForm,
  type WeightsMetadata,
} from '@consilium/shared/weights';
import type { BlobReader } from './blobs.js';

/** Tiles are cut where the store cuts its sealed chunks, so that each chunk is opened once. */
export const tileBytes = 2 ** 20;
const valueBytes = Float32Array.BYTES_PER_ELEMENT;

/** The most values that a tile holds. */
export const tileElements = tileBytes / valueBytes;

/** The form of the model that the updates of a round started from; theirs follows from it. */
export interface ModelForm {
  readonly layout: Layout;
  readonly metadata: WeightsMetadata;
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
  const { layout, metadata, headerBytes, dataBytes } = decodeHeader(head);
  return { layout, metadata, header: head.slice(0, headerBytes), bytes: headerBytes + dataBytes };
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

/** The array is the caller's own, but for a base's: that one is gone when the next tile is read. */
export type ReadTile = (tile: Tile) => Promise<Float32Array>;

/** Frees a tile's values that nobody reads again. The first tile's lie beside the header and are left to the collector. */
export function freeTile({ buffer, byteOffset, byteLength }: Float32Array): void {
  freeNow(new Uint8Array(buffer, byteOffset, byteLength));
}

/** The values of the model itself. The tile that was read last is kept: many updates are read against it. */
export function openBase(blobs: BlobReader, base: BlobHash, form: ModelForm): ReadTile {
  let kept: { readonly element: number; readonly values: Promise<Float32Array> } | null = null;
  return (tile) => {
    if (kept?.element !== tile.element) {
      void kept?.values.then(freeTile, () => {});
      kept = { element: tile.element, values: readTile(blobs, base, form, tile).then(([, values]) => values) };
    }
    return kept.values;
  };
}

/** A site's update and what it takes to read it. */
export interface UpdateSource {
  readonly site: SiteId;
  readonly hash: BlobHash;
  /** How the run has updates coded. */
  readonly coding: UpdateCoding;
  /** What differences are added to. */
  readonly readBase: ReadTile;
}

/**
 * A site's update, to be read tile by tile: of the one size and header that the model and the codec give, byte for byte.
 * @throws CSM-UPDATE-LAYOUT (here, or when the first tile is read), CSM-UPDATE-SIZE; CSM-UPDATE-CODED, when a tile is read
 */
export async function openUpdate(blobs: BlobReader, form: ModelForm, update: UpdateSource): Promise<ReadTile> {
  const { site, hash, coding, readBase } = update;
  const expected = coding.codec === 'f32' ? form : updateForm(form, coding);
  const headerBytes = expected.header.byteLength;
  const foreign = () => coded('CSM-UPDATE-LAYOUT', { site });
  const bytes = await blobs.size(hash);
  const header = () => blobs.read(hash, 0, Math.min(headerBytes, bytes));
  if (bytes !== expected.bytes) {
    if (!same(await header(), expected.header)) throw foreign();
    fail('CSM-UPDATE-SIZE', { site, bytes, expected: expected.bytes });
  }
  if (!('tensors' in expected)) {
    return async (tile) => {
      const [header, values] = await readTile(blobs, hash, form, tile);
      if (header !== null && !same(header, form.header)) throw foreign();
      return values;
    };
  }
  const refuse = (tensor: string, problem: string): never => fail('CSM-UPDATE-CODED', { site, tensor, problem });
  return async (tile) => {
    if (tile.element === 0 && !same(await header(), expected.header)) throw foreign();
    const { offset, length } = bytesOfSpan(expected, tile);
    const [bytes, base] = await Promise.all([blobs.read(hash, offset, length), readBase(tile)]);
    const values = decodeValues(expected, tile, { bytes, base }, refuse);
    freeNow(bytes);
    return values;
  };
}

/** Bytes of every update of a model. @throws CSM-WEIGHTS-HEADER, CSM-WEIGHTS-TENSOR */
export async function updateBytes(blobs: BlobReader, base: BlobHash, coding: UpdateCoding): Promise<number> {
  return coding.codec === 'f32' ? blobs.size(base) : updateForm(await readForm(blobs, base), coding).bytes;
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
