import { z } from 'zod';
import { fail } from '../errors/index.js';
import { elementsOf, type Layout, layout, tensorName, tensorShape } from './layout.js';

/** A header, with its 8 length bytes, is smaller than this. */
export const headerLimitBytes = 2 ** 20;
/** Values begin at a multiple of this, so that they can be read in place and never straddle a block. */
export const alignmentBytes = 64;

const lengthBytes = 8;
const valueBytes = Float32Array.BYTES_PER_ELEMENT;

/** Constant facts about the weights (family, preset, format). Never a run or a site: equal models have equal bytes. */
export type WeightsMetadata = Readonly<Record<string, string>>;

export interface WeightsHeader {
  readonly layout: Layout;
  readonly metadata: WeightsMetadata;
  /** Bytes before the first value: the length field, the JSON text and its padding. */
  readonly headerBytes: number;
  /** Bytes of all values: 4 for each element of the layout. */
  readonly dataBytes: number;
}

/**
 * The header of a safetensors file: u64 LE length, then JSON padded with spaces to a multiple of 64 bytes in all.
 * There is one byte form for each layout and metadata (tensors in layout order, metadata keys sorted).
 * @throws CSM-WEIGHTS-LAYOUT when the layout itself is not valid, CSM-WEIGHTS-HEADER when it is too large
 */
export function encodeHeader(tensors: Layout, metadata: WeightsMetadata): Uint8Array {
  const checked = layout.safeParse(tensors);
  if (!checked.success) fail('CSM-WEIGHTS-LAYOUT', { problem: firstProblem(checked.error) });
  return encodeEntries(tensors.map(floatEntry), metadata);
}

/** A tensor in a header: its type, its shape, and how many bytes its values take. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: 'F32' | 'BF16' | 'U8';
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** The same for tensors of any type, whose names and shapes are good. @throws CSM-WEIGHTS-HEADER when it is too large */
export function encodeEntries(entries: readonly HeaderEntry[], metadata: WeightsMetadata): Uint8Array {
  const bytes = serialise(entries, metadata);
  if (bytes.byteLength >= headerLimitBytes) fail('CSM-WEIGHTS-HEADER', { problem: 'it is 1 MiB or larger' });
  return bytes;
}

const floatEntry = ({ name, shape }: Layout[number]): HeaderEntry => ({
  ...{ name, dtype: 'F32', shape },
  bytes: elementsOf(shape) * valueBytes,
});

/**
 * How many bytes the header takes, from the first 8 bytes of a file; checked before anything of that size is read.
 * @throws CSM-WEIGHTS-HEADER
 */
export function headerLength(prefix: Uint8Array): number {
  if (prefix.byteLength < lengthBytes) fail('CSM-WEIGHTS-HEADER', { problem: 'the file ends before it' });
  const view = new DataView(prefix.buffer, prefix.byteOffset, lengthBytes);
  const total = lengthBytes + view.getUint32(0, true);
  if (view.getUint32(4, true) !== 0 || total >= headerLimitBytes) {
    fail('CSM-WEIGHTS-HEADER', { problem: 'it is 1 MiB or larger' });
  }
  if (total % alignmentBytes !== 0)
    fail('CSM-WEIGHTS-HEADER', { problem: 'it does not end at a multiple of 64 bytes' });
  return total;
}

/**
 * Reads the header at the beginning of a weights file; `bytes` may go on after it or end with it.
 * Strict: float32 tensors alone, in order, without gap or overlap, in the one byte form that `encodeHeader` writes,
 * so that two files have the same layout exactly when their header bytes are equal.
 * @throws CSM-WEIGHTS-HEADER, CSM-WEIGHTS-TENSOR
 */
export function decodeHeader(bytes: Uint8Array): WeightsHeader {
  const headerBytes = headerLength(bytes);
  if (bytes.byteLength < headerBytes) fail('CSM-WEIGHTS-HEADER', { problem: 'the file ends before it' });
  const header = bytes.subarray(0, headerBytes);
  const { __metadata__: metadata = {}, ...tensors } = parseObject(header.subarray(lengthBytes));
  const strings = z.record(z.string(), z.string()).safeParse(metadata);
  if (!strings.success) fail('CSM-WEIGHTS-HEADER', { problem: 'its metadata is not a table of texts' });

  const placed = Object.entries(tensors).map(([name, entry], index) => readTensor(name, entry, index + 1));
  if (placed.length === 0) fail('CSM-WEIGHTS-HEADER', { problem: 'it names no tensor' });
  placed.sort((a, b) => a.begin - b.begin);
  let end = 0;
  for (const { name, begin, bytes: size } of placed) {
    if (begin !== end)
      fail('CSM-WEIGHTS-TENSOR', { tensor: name, problem: 'its values overlap others or leave a gap' });
    end += size;
  }
  const result = placed.map(({ name, shape }) => ({ name, shape }));
  // One comparison refuses all else: a key given twice, another order, stray fields, other white space.
  if (Buffer.compare(serialise(result.map(floatEntry), strings.data), header) !== 0) {
    fail('CSM-WEIGHTS-HEADER', { problem: 'it is not in canonical form' });
  }
  return { layout: result, metadata: strings.data, headerBytes, dataBytes: end };
}

const tensorEntry = z.strictObject({
  dtype: z.literal('F32', 'its type is not F32'),
  shape: tensorShape,
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

function readTensor(name: string, entry: unknown, position: number) {
  // A name that is not allowed is not repeated: it may hold anything.
  if (!tensorName.safeParse(name).success) {
    fail('CSM-WEIGHTS-TENSOR', { tensor: `number ${position}`, problem: 'its name is not allowed' });
  }
  const parsed = tensorEntry.safeParse(entry);
  if (!parsed.success) fail('CSM-WEIGHTS-TENSOR', { tensor: name, problem: firstProblem(parsed.error) });
  const { shape, data_offsets } = parsed.data;
  const [begin, end] = data_offsets;
  const bytes = elementsOf(shape) * valueBytes;
  if (end - begin !== bytes) fail('CSM-WEIGHTS-TENSOR', { tensor: name, problem: 'its size is not that of its shape' });
  return { name, shape, begin, bytes };
}

function serialise(entries: readonly HeaderEntry[], metadata: WeightsMetadata): Uint8Array {
  // Joined by hand: an object would move names that look like numbers to the front.
  const keys = Object.keys(metadata).sort();
  const texts = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
  const fields = [`"__metadata__":{${texts.join(',')}}`];
  let offset = 0;
  for (const { name, dtype, shape, bytes } of entries) {
    const end = offset + bytes;
    fields.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  const text = Buffer.from(`{${fields.join(',')}}`, 'utf8');
  const total = Math.ceil((lengthBytes + text.byteLength) / alignmentBytes) * alignmentBytes;
  const bytes = new Uint8Array(total).fill(0x20, lengthBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(total - lengthBytes), true);
  bytes.set(text, lengthBytes);
  return bytes;
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    fail('CSM-WEIGHTS-HEADER', { problem: 'it is not JSON' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail('CSM-WEIGHTS-HEADER', { problem: 'it is not a JSON object' });
  }
  return Object.fromEntries(Object.entries(value));
}

const firstProblem = (error: z.ZodError): string => {
  const [issue] = error.issues;
  return issue === undefined ? 'it is not valid' : `${issue.path.join('.')} ${issue.message}`.trim();
};
