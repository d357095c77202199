/** A NumPy file of float32 [rows, width]. */
export function npy(values: Float32Array, width: number): Uint8Array {
  const shape = `(${values.length / width}, ${width})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = Buffer.from(`${text.padEnd(117)}\n`, 'latin1');
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  return Buffer.concat([prefix, header, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

/** A safetensors file with a tensor [rows, width] for each name. */
export function safetensors(bags: Readonly<Record<string, Float32Array>>, width: number): Uint8Array {
  let end = 0;
  const entries = Object.entries(bags).map(([name, values]) => {
    const start = end;
    end += values.byteLength;
    return [name, { dtype: 'F32', shape: [values.length / width, width], data_offsets: [start, end] }] as const;
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  const data = Object.values(bags).map((values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return Buffer.concat([prefix, text, ...data]);
}
