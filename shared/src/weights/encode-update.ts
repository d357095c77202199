import type { UpdateForm } from './update-form.js';

export interface TrainedValues {
  /** Of the model that the training started from. */
  readonly base: Float32Array;
  /** Of the model as it was trained. */
  readonly trained: Float32Array;
  /** What coding lost before and is to be made up for; null for nothing. */
  readonly residual: Float32Array | null;
}

export interface EncodedUpdate {
  readonly file: Uint8Array;
  /** What coding lost now, value by value: what was to arrive less what will be read. */
  readonly residual: Float32Array;
}

/**
 * An update as its file. With the residual of each round given to the next, what is lost is sent later and not lost: error feedback
 * (Seide et al. 2014, 1-Bit Stochastic Gradient Descent; Karimireddy et al. 2019, Error Feedback Fixes SignSGD). It is sound because
 * differences are coded, whose error shrinks with them, and because the residual counts every rounding up to the float32 that is read.
 */
export function encodeUpdate(form: UpdateForm, { base, trained, residual }: TrainedValues): EncodedUpdate {
  const file = new Uint8Array(form.bytes);
  file.set(form.header);
  const lost = new Float32Array(trained.length);
  for (const { codec, element, elements, offset, bytes } of form.tensors) {
    const isDifference = codec.of === 'differences';
    const wanted = new Float64Array(elements);
    const started = new Float64Array(elements);
    for (let i = 0; i < elements; i++) {
      const at = element + i;
      wanted[i] = isDifference ? trained[at]! + (residual?.[at] ?? 0) : trained[at]!;
      started[i] = isDifference ? base[at]! : 0;
    }
    const own = file.subarray(offset, offset + bytes);
    const coded = wanted.map((value, i) => value - started[i]!);
    codec.encode(coded, own);
    codec.decode(own, coded);
    for (let i = 0; i < elements; i++) lost[element + i] = wanted[i]! - Math.fround(started[i]! + coded[i]!);
  }
  return { file, residual: lost };
}
