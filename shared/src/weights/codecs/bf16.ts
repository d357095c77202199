import { type Codec, viewOf } from './codec.js';

/**
 * Differences as bfloat16, the upper half of a float32: its whole range in 8 bits of precision, so an error of at most 1/256 of each
 * difference. Rounded to the nearest, halves to the even one.
 */
export const bf16: Codec = {
  dtype: 'BF16',
  of: 'differences',
  blockElements: 1,
  bytesOf: (elements) => 2 * elements,
  encode(values, into) {
    const view = viewOf(into);
    const single = new Float32Array(1);
    const bits = new Uint32Array(single.buffer);
    for (let i = 0; i < values.length; i++) {
      single[0] = values[i]!;
      const whole = bits[0]!;
      view.setUint16(2 * i, (whole + 0x7fff + ((whole >>> 16) & 1)) >>> 16, true);
    }
  },
  decode(bytes, into) {
    const view = viewOf(bytes);
    const single = new Float32Array(1);
    const bits = new Uint32Array(single.buffer);
    for (let i = 0; i < into.length; i++) {
      bits[0] = view.getUint16(2 * i, true) << 16;
      into[i] = single[0]!;
    }
    return null;
  },
};
