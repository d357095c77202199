/** Count, mean and sum of squared deviations from the mean (M2) of one feature. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
}

export const noMoments: Moments = { n: 0, mean: 0, m2: 0 };

/** Moments of known values, by Welford's update; NaN counts as missing. */
export function momentsOf(values: Iterable<number>): Moments {
  let n = 0;
  let mean = 0;
  let m2 = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    n += 1;
    const before = value - mean;
    mean += before / n;
    m2 += before * (value - mean);
  }
  return { n, mean, m2 };
}

/**
 * Moments of two groups together (Chan, Golub and LeVeque, 1979): no difference of large squares is ever taken,
 * so it holds on raw expression scales.
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const difference = b.mean - a.mean;
  return {
    n,
    mean: a.mean + difference * (b.n / n),
    m2: a.m2 + b.m2 + difference * difference * ((a.n * b.n) / n),
  };
}

/** Sample standard deviation (n − 1); 0 for fewer than two values and for a feature that is constant to float32. */
export function sampleDeviation({ n, mean, m2 }: Moments): number {
  const deviation = n < 2 ? 0 : Math.sqrt(m2 / (n - 1));
  return deviation <= Math.abs(mean) * constantRatio ? 0 : deviation;
}

/** Float32 resolves no smaller share of a value. */
const constantRatio = 2 ** -23;
