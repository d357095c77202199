/** The number that 16 bits hold as IEEE 754 binary16. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Bytes of one number of each kind of float. */
export const floatBytes = { bf16: 2, f16: 2, f32: 4, f64: 8 } as const;
export type FloatKind = keyof typeof floatBytes;

/** Little-endian floats as float32. @param bytes a whole number of them */
export function readFloats(bytes: Uint8Array, kind: FloatKind): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.byteLength / floatBytes[kind]);
  switch (kind) {
    case 'bf16': {
      // The upper half of a float32.
      const bits = new Uint32Array(values.buffer);
      for (let index = 0; index < values.length; index++) bits[index] = view.getUint16(2 * index, true) << 16;
      break;
    }
    case 'f16':
      for (let index = 0; index < values.length; index++) values[index] = fromHalf(view.getUint16(2 * index, true));
      break;
    case 'f32':
      new Uint8Array(values.buffer).set(bytes);
      break;
    case 'f64':
      for (let index = 0; index < values.length; index++) values[index] = view.getFloat64(8 * index, true);
      break;
    default:
      kind satisfies never;
  }
  return values;
}
