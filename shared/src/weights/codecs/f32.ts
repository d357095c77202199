import { type Codec, viewOf } from './codec.js';

/** The values themselves as float32, to the last bit. */
export const f32: Codec = {
  dtype: 'F32',
  of: 'values',
  blockElements: 1,
  bytesOf: (elements) => 4 * elements,
  encode(values, into) {
    const view = viewOf(into);
    for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i]!, true);
  },
  decode(bytes, into) {
    const view = viewOf(bytes);
    for (let i = 0; i < into.length; i++) into[i] = view.getFloat32(4 * i, true);
    return null;
  },
};
