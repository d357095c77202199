import { createHash } from 'node:crypto';
import { fail } from '../errors/index.js';
import { type BlobHash, blobHash } from '../ids.js';
import { decodeHeader, encodeHeader, type WeightsMetadata } from './header.js';
import { type Layout, layoutElements } from './layout.js';

/** A model's shared weights: float32 values of all tensors, one after the other in layout order. */
export interface Weights {
  readonly layout: Layout;
  readonly metadata: WeightsMetadata;
  readonly values: Float32Array;
}

/** Name of the format, kept under `format` in the metadata of every weights file. */
export const weightsFormat = 'consilium-weights-1';

/**
 * A safetensors file: header, then the values as float32 in little-endian order (as on every host that Node runs on here).
 * @throws CSM-WEIGHTS-LAYOUT, CSM-WEIGHTS-HEADER, CSM-WEIGHTS-SIZE
 */
export function encodeWeights(weights: Weights): Uint8Array {
  const [header, data] = parts(weights);
  const bytes = new Uint8Array(header.byteLength + data.byteLength);
  bytes.set(header);
  bytes.set(data, header.byteLength);
  return bytes;
}

/**
 * Reads a whole weights file; the values are a copy. Values are not judged: NaN and infinities are kept.
 * @throws CSM-WEIGHTS-HEADER, CSM-WEIGHTS-TENSOR, CSM-WEIGHTS-SIZE
 */
export function decodeWeights(bytes: Uint8Array): Weights {
  const { layout, metadata, headerBytes, dataBytes } = decodeHeader(bytes);
  if (bytes.byteLength !== headerBytes + dataBytes) {
    fail('CSM-WEIGHTS-SIZE', { bytes: bytes.byteLength, expected: headerBytes + dataBytes });
  }
  const values = new Float32Array(dataBytes / Float32Array.BYTES_PER_ELEMENT);
  new Uint8Array(values.buffer).set(bytes.subarray(headerBytes));
  return { layout, metadata, values };
}

/** SHA-256 of the weights' file, without making the file. */
export function digest(weights: Weights): BlobHash {
  const hash = createHash('sha256');
  for (const part of parts(weights)) hash.update(part);
  return blobHash.parse(hash.digest('hex'));
}

function parts({ layout, metadata, values }: Weights): readonly [Uint8Array, Uint8Array] {
  const header = encodeHeader(layout, metadata);
  const elements = layoutElements(layout);
  if (values.length !== elements) {
    const size = Float32Array.BYTES_PER_ELEMENT;
    fail('CSM-WEIGHTS-SIZE', {
      bytes: header.byteLength + values.byteLength,
      expected: header.byteLength + elements * size,
    });
  }
  return [header, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
}
