/** Genetic findings of some patients: row-major [rows, bits] of 0 and 1. */
export interface Findings {
  readonly bits: Uint8Array;
  readonly rows: number;
  /** 1 where the bit was looked for; a bit that was not is neither. Left out: all were. */
  readonly tested?: Uint8Array;
}

/**
 * How much each two patients are alike, [rows, rows], row-major, 1 on the diagonal: `|A ∩ B| / |A ∪ B|` (Jaccard) over the bits that
 * were tested in both, and 1 where neither has one, since no finding is a group of its own. 0 for two patients without a common test.
 *
 * @param minimum likeness below it counts as none; 1 asks for equal findings
 */
export function jaccardPositives(findings: Findings, minimum: number): Float32Array {
  const { bits, rows } = findings;
  if (rows === 0 || bits.length % rows !== 0) throw new RangeError(`${bits.length} bits for ${rows} rows`);
  const width = bits.length / rows;
  const weights = new Float32Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    weights[i * rows + i] = 1;
    for (let j = 0; j < i; j++) {
      const likeness = jaccard(findings, i * width, j * width, width);
      if (likeness < minimum) continue;
      weights[i * rows + j] = likeness;
      weights[j * rows + i] = likeness;
    }
  }
  return weights;
}

function jaccard({ bits, tested }: Findings, first: number, second: number, width: number): number {
  let [compared, both, either] = [0, 0, 0];
  for (let bit = 0; bit < width; bit++) {
    if (tested?.[first + bit] === 0 || tested?.[second + bit] === 0) continue;
    const [a, b] = [bits[first + bit] === 1, bits[second + bit] === 1];
    compared++;
    if (a && b) both++;
    if (a || b) either++;
  }
  if (compared === 0) return 0;
  return either === 0 ? 1 : both / either;
}
