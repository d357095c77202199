import { fail } from '@consilium/shared/errors';
import { type FloatKind, floatBytes, readFloats } from '@consilium/shared/safetensors';

/** An array of a NumPy file, as float32 in row-major order. */
export interface NumericArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const refuse = (problem: string): never => fail('CSM-DATA-NPY', { problem });

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const kinds: Readonly<Record<string, FloatKind>> = { '<f2': 'f16', '<f4': 'f32', '<f8': 'f64' };
const maxDimensions = 8;

/**
 * Reads a `.npy` file of float16, float32 or float64, little-endian, in C order. Values are not judged: NaN and infinities are kept.
 * Format: numpy.lib.format, versions 1 to 3.
 * @throws CSM-DATA-NPY
 */
export function readNpy(bytes: Uint8Array): NumericArray {
  const { text, dataStart } = headerOf(bytes);
  const descr = /['"]descr['"]\s*:\s*['"]([^'"]{1,16})['"]/.exec(text)?.[1];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)\b/.exec(text)?.[1];
  const sizes = /['"]shape['"]\s*:\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (!/^\{.*\}\s*$/s.test(text) || descr === undefined || order === undefined || sizes === undefined) {
    return refuse('its header is not that of one array');
  }
  const kind = kinds[descr];
  if (kind === undefined) return refuse('its numbers are not float16, float32 or float64, little-endian');
  if (order === 'True') refuse('it is in Fortran order');
  const shape = shapeOf(sizes);
  const data = bytes.subarray(dataStart);
  if (shape.reduce((product, size) => product * size, 1) * floatBytes[kind] !== data.byteLength) {
    refuse('it does not hold as many numbers as its shape says');
  }
  return { shape, values: readFloats(data, kind) };
}

function headerOf(bytes: Uint8Array): { readonly text: string; readonly dataStart: number } {
  if (bytes.length < 12 || magic.some((byte, index) => bytes[index] !== byte))
    refuse('it does not begin as an NPY file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) refuse('its format version is unknown');
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length) refuse('it is cut short');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
  return { text, dataStart: start + length };
}

function shapeOf(sizes: string): readonly number[] {
  const shape = sizes
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  if (shape.length > maxDimensions || !shape.every(Number.isSafeInteger)) refuse('its shape cannot be used');
  return shape;
}
