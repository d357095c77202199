/** Tensors of a model's files by name. */
export type Values = ReadonlyMap<string, Float32Array>;

/** A tensor's values; a fault of the program where no file has it. */
export function tensorOf(values: Values, name: string): Float32Array {
  const found = values.get(name);
  if (found === undefined) throw new RangeError(`no tensor ${name}`);
  return found;
}
