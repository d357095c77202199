import { type Codec, viewOf } from './codec.js';

/**
 * So few values share a scale that one outlier coarsens 255 others at most, not a whole tensor; the scales add 1/64 to the bytes
 * (block-wise quantisation: Dettmers et al. 2022, 8-bit Optimizers via Block-wise Quantization).
 */
const blockElements = 256;
const scaleBytes = 4;
/** Levels on either side of 0. −128 is not used, so that a value and its opposite are coded alike. */
const levels = 127;

/**
 * Differences as whole numbers from −127 to 127 times a scale, the greatest absolute value of their block / 127 as float32. A block
 * is its scale, then one byte a value. Rounded to the nearest, halves upwards.
 */
export const int8: Codec = {
  dtype: 'U8',
  of: 'differences',
  blockElements,
  bytesOf: (elements) => elements + scaleBytes * Math.ceil(elements / blockElements),
  encode(values, into) {
    const view = viewOf(into);
    for (let begin = 0, at = 0; begin < values.length; begin += blockElements) {
      const end = Math.min(begin + blockElements, values.length);
      const scale = scaleOf(values, begin, end);
      view.setFloat32(at, scale, true);
      at += scaleBytes;
      for (let i = begin; i < end; i++, at++) {
        view.setInt8(at, scale > 0 ? Math.max(-levels, Math.min(levels, Math.round(values[i]! / scale))) : 0);
      }
    }
  },
  decode(bytes, into) {
    const view = viewOf(bytes);
    const numbers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let begin = 0, at = 0; begin < into.length; begin += blockElements) {
      const end = Math.min(begin + blockElements, into.length);
      const scale = view.getFloat32(at, true);
      // Not even −0: there is one form for nothing.
      if (!Number.isFinite(scale) || scale < 0 || Object.is(scale, -0)) {
        return 'a scale is negative, infinite or no number';
      }
      at += scaleBytes;
      let seen = 0;
      for (let i = begin; i < end; i++, at++) {
        const number = numbers[at]!;
        if (number < -levels) return 'a value is -128';
        seen |= number;
        into[i] = number * scale;
      }
      if (scale === 0 && seen !== 0) return 'a block has values and a scale of 0';
    }
    return null;
  },
};

function scaleOf(values: Float64Array, begin: number, end: number): number {
  let greatest = 0;
  for (let i = begin; i < end; i++) greatest = Math.max(greatest, Math.abs(values[i]!));
  return Math.fround(greatest / levels);
}
