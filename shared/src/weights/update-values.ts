import type { CodedTensor, UpdateForm } from './update-form.js';

/** Values of the flat vector that lie one after the other. */
export interface Span {
  readonly element: number;
  readonly elements: number;
}

/** The bytes of a coded update in which these values lie: whole blocks of them, so a few values before and behind, too. */
export function bytesOfSpan(form: UpdateForm, span: Span): { readonly offset: number; readonly length: number } {
  const parts = partsOf(form, span);
  const offset = parts[0]?.offset ?? form.bytes;
  return { offset, length: (parts.at(-1)?.end ?? offset) - offset };
}

/**
 * Reads some values of a coded update: what was coded, or the model's own value plus it, in float64 and rounded once to float32.
 * The same bits everywhere. Whether they are finite is for others to judge.
 * @param bytes those of `bytesOfSpan`
 * @param base the model's values of the same span
 * @param refuse told what is wrong with which tensor, throws
 */
export function decodeValues(
  form: UpdateForm,
  span: Span,
  { bytes, base }: { readonly bytes: Uint8Array; readonly base: Float32Array },
  refuse: (tensor: string, problem: string) => never,
): Float32Array {
  const values = form.isPartial ? base.slice() : new Float32Array(span.elements);
  const { offset: start } = bytesOfSpan(form, span);
  for (const { tensor, first, last, offset, end } of partsOf(form, span)) {
    const coded = new Float64Array(last - first);
    const problem = tensor.codec.decode(bytes.subarray(offset - start, end - start), coded);
    if (problem !== null) refuse(tensor.name, problem);
    const from = Math.max(tensor.element + first, span.element);
    const to = Math.min(tensor.element + last, span.element + span.elements);
    const inCoded = from - tensor.element - first;
    const inSpan = from - span.element;
    const isDifference = tensor.codec.of === 'differences';
    for (let i = 0; i < to - from; i++) {
      const value = coded[inCoded + i]!;
      values[inSpan + i] = isDifference ? base[inSpan + i]! + value : value;
    }
  }
  return values;
}

/** The whole blocks of one tensor that hold values of a span. */
interface Part {
  readonly tensor: CodedTensor;
  /** Values of the tensor, from the first to behind the last. */
  readonly first: number;
  readonly last: number;
  /** Bytes of the file. */
  readonly offset: number;
  readonly end: number;
}

function partsOf({ tensors }: UpdateForm, span: Span): readonly Part[] {
  const spanEnd = span.element + span.elements;
  return tensors
    .filter(({ element, elements }) => element < spanEnd && element + elements > span.element)
    .map((tensor) => {
      const { element, elements, offset, codec } = tensor;
      const { blockElements: block, bytesOf } = codec;
      const first = Math.floor(Math.max(0, span.element - element) / block) * block;
      const last = Math.min(elements, Math.ceil((spanEnd - element) / block) * block);
      return { tensor, first, last, offset: offset + bytesOf(first), end: offset + bytesOf(last) };
    });
}
