/** What makes one place of a result: the places of the source from `start` on, with these weights. */
export interface Share {
  readonly start: number;
  readonly weights: Float64Array;
}

/** Values [lines, length, step] with the middle axis made anew, one share a place: [lines, shares, step]. */
export function alongAxis(
  values: Float32Array | Uint8Array,
  shares: readonly Share[],
  { length, step }: { readonly length: number; readonly step: number },
): Float32Array {
  const lines = values.length / (length * step);
  const result = new Float32Array(lines * shares.length * step);
  for (let line = 0; line < lines; line++) {
    for (let index = 0; index < shares.length; index++) {
      const { start, weights } = shares[index]!;
      const source = (line * length + start) * step;
      const target = (line * shares.length + index) * step;
      for (let place = 0; place < step; place++) {
        let sum = 0;
        let from = source + place;
        for (let k = 0; k < weights.length; k++) {
          sum += weights[k]! * values[from]!;
          from += step;
        }
        result[target + place] = sum;
      }
    }
  }
  return result;
}
