/** Multiplies two square matrices of a size, so many times over; resolves when the last result can be read. */
export type Multiply = (size: number, times: number) => Promise<void>;

/** How fast a backend multiplies matrices of float32. */
export interface Speed {
  /** 10⁹ multiplications and additions a second. */
  readonly gigaflops: number;
  /** Rows and columns of the matrices. */
  readonly size: number;
}

/** The largest is the size that expectations are stated for; a slow backend stops at one that it can bear. */
const sizes = [128, 256, 512, 1024];
const samples = 5;
/** One size takes about this long at most. */
const budgetMs = 1000;
/** A sample repeats the product until it is long enough to be timed and to hide what starting a kernel costs. */
const sampleMs = 40;
const mostTimes = 64;

/**
 * Times matrix products, small ones first, and gives the median of the largest size that stays within a second.
 * Each size runs once unmeasured: a GPU compiles its program then, and memory is taken.
 * @param now milliseconds of a monotonic clock
 */
export async function timeProducts(multiply: Multiply, now: () => number): Promise<Speed> {
  const timed = async (size: number, times: number): Promise<number> => {
    const begin = now();
    await multiply(size, times);
    return Math.max(now() - begin, Number.EPSILON) / times;
  };
  let size = sizes[0]!;
  let once = 0;
  for (const next of sizes) {
    const larger = (next / size) ** 3;
    if (once * larger * samples > budgetMs) break;
    size = next;
    await multiply(size, 1);
    once = await timed(size, 1);
  }
  const times = Math.max(1, Math.min(mostTimes, Math.round(sampleMs / once)));
  const measured: number[] = [];
  for (let sample = 0; sample < samples; sample++) measured.push(await timed(size, times));
  const median = measured.sort((a, b) => a - b)[samples >> 1]!;
  return { gigaflops: (2 * size ** 3) / (median * 1e6), size };
}
