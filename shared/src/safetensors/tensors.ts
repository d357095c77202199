import { z } from 'zod';
import { type FloatKind, floatBytes, readFloats } from './floats.js';

/** Bytes that lie somewhere, such as a file's. */
export interface ByteSource {
  readonly bytes: number;
  /** All of these bytes, or an error of the source's own. */
  readonly read: (position: number, length: number) => Promise<Uint8Array>;
}

/** Where a tensor lies in its file. */
export interface TensorPlace {
  readonly shape: readonly number[];
  /** Null: no floats of a kind that is read. */
  readonly kind: FloatKind | null;
  /** First byte, counted from the beginning of the file. */
  readonly position: number;
  readonly bytes: number;
}

/** The tensors of a file by name, in the file's order. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, TensorPlace>;
  /** A tensor's values, widened or rounded to float32; not judged: NaN and infinities are kept. */
  readonly read: (name: string) => Promise<Float32Array>;
}

/** Told what is wrong, throws; it is never told a name that stands in the file. */
type Refuse = (problem: string) => never;

const lengthBytes = 8;

const entry = z.object({
  dtype: z.string().max(16),
  shape: z.array(z.int().min(0)).max(8),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const kinds: ReadonlyMap<string, FloatKind> = new Map([
  ['BF16', 'bf16'],
  ['F16', 'f16'],
  ['F32', 'f32'],
  ['F64', 'f64'],
]);

/** Reads the header of a safetensors file; values are read when they are asked for. `refuse` is called for whatever is wrong. */
export async function openTensors(
  source: ByteSource,
  limits: { readonly headerBytes: number; readonly tensorBytes: number },
  refuse: Refuse,
): Promise<TensorFile> {
  if (source.bytes < lengthBytes) refuse('it is cut short');
  const prefix = await source.read(0, lengthBytes);
  const headerBytes = Number(new DataView(prefix.buffer, prefix.byteOffset, lengthBytes).getBigUint64(0, true));
  if (headerBytes > limits.headerBytes) refuse(`its header is larger than ${limits.headerBytes / 2 ** 20} MiB`);
  if (lengthBytes + headerBytes > source.bytes) refuse('it is cut short');
  const header = await source.read(lengthBytes, headerBytes);
  const tensors = placesOf(parseObject(header, refuse), lengthBytes + headerBytes, source.bytes, refuse);
  return {
    tensors,
    async read(name) {
      const { kind, position, bytes } = tensors.get(name) ?? refuse('it has no such tensor');
      if (kind === null) return refuse('a tensor is not of float16, bfloat16, float32 or float64');
      if ((bytes / floatBytes[kind]) * floatBytes.f32 > limits.tensorBytes) {
        refuse(`a tensor is larger than ${limits.tensorBytes / 2 ** 20} MiB`);
      }
      return readFloats(await source.read(position, bytes), kind);
    },
  };
}

function placesOf(
  { __metadata__: _, ...entries }: Readonly<Record<string, unknown>>,
  dataStart: number,
  fileBytes: number,
  refuse: Refuse,
): ReadonlyMap<string, TensorPlace> {
  const tensors = new Map<string, TensorPlace>();
  let total = 0;
  for (const [name, value] of Object.entries(entries)) {
    const parsed = entry.safeParse(value);
    if (!parsed.success) return refuse('an entry of its header is not that of a tensor');
    const { dtype, shape, data_offsets } = parsed.data;
    const [begin, end] = data_offsets;
    if (end < begin || dataStart + end > fileBytes) refuse('an entry lies outside of the file');
    const bytes = end - begin;
    total += bytes;
    const kind = kinds.get(dtype) ?? null;
    const elements = shape.reduce((product, size) => product * size, 1);
    if (kind !== null && elements * floatBytes[kind] !== bytes) {
      refuse('an entry has another size than its shape says');
    }
    tensors.set(name, { shape, kind, position: dataStart + begin, bytes });
  }
  if (total !== fileBytes - dataStart) refuse('its entries do not fill the file');
  return tensors;
}

function parseObject(bytes: Uint8Array, refuse: Refuse): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return refuse('its header is not JSON');
  }
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  return object.success ? object.data : refuse('its header is not a JSON object');
}
