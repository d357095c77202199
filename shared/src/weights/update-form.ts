import { type Codec, type CodecName, codecs } from './codecs/index.js';
import { encodeEntries, type WeightsMetadata } from './header.js';
import { elementsOf, type Layout } from './layout.js';
import { statisticsPairs } from './statistics-pairs.js';
import type { UpdateCoding } from './update-coding.js';

/** A tensor in a coded update. */
export interface CodedTensor {
  readonly name: string;
  readonly codec: Codec;
  /** Of its first value in the flat vector of all. */
  readonly element: number;
  readonly elements: number;
  /** Of its first byte in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** The one form of a model's update in a codec: what stands where. */
export interface UpdateForm {
  readonly codec: CodecName;
  readonly header: Uint8Array;
  /** Of the whole file. */
  readonly bytes: number;
  readonly tensors: readonly CodedTensor[];
  /** Whether tensors are left out, whose values are those of the base. */
  readonly isPartial: boolean;
}

/** What the form of an update follows from. */
export interface UpdateModel {
  readonly layout: Layout;
  readonly metadata: WeightsMetadata;
}

/** Name of the format, kept under `format` in the metadata of an update that is not simply weights. */
export const updateFormat = 'consilium-update-1';

/**
 * The form of an update. As f32 it is a weights file like the model's own. Otherwise a safetensors file of the same tensors, each
 * coded, without those that do not move. Moving averages of batch normalisations travel as float32 all the same: they are few, no
 * gradient moves them, and a variance that is coarsened may come out below 0.
 * @throws CSM-WEIGHTS-LAYOUT, CSM-WEIGHTS-HEADER
 */
export function updateForm(
  { layout, metadata }: UpdateModel,
  { codec, isSent = () => true }: UpdateCoding,
): UpdateForm {
  const exact = exactElements(layout);
  let element = 0;
  const planned = layout.flatMap(({ name, shape }) => {
    const isExact = exact.has(element);
    const own: Codec = isExact ? codecs.f32 : codecs[codec];
    const elements = elementsOf(shape);
    const begin = element;
    element += elements;
    if (!isExact && !isSent(name)) return [];
    return { name, shape, codec: own, element: begin, elements, bytes: own.bytesOf(elements) };
  });
  const header = encodeEntries(
    planned.map(({ name, shape, bytes, codec: { dtype } }) => ({
      ...{ name, dtype, bytes },
      shape: dtype === 'U8' ? [bytes] : shape,
    })),
    codec === 'f32' ? metadata : { ...metadata, format: updateFormat, codec },
  );
  let end = header.byteLength;
  const tensors = planned.map(({ shape: _, ...tensor }) => {
    const offset = end;
    end += tensor.bytes;
    return { ...tensor, offset };
  });
  return { codec, header, bytes: end, tensors, isPartial: tensors.length < layout.length };
}

/** Where tensors begin that are no weights. */
const exactElements = (layout: Layout): ReadonlySet<number> =>
  new Set(statisticsPairs(layout).flatMap(({ mean, variance }) => [mean.element, variance.element]));
