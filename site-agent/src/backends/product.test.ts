import { describe, expect, it } from 'vitest';
import { timeProducts } from './product.js';

/** A machine of so many GFLOP/s, on a clock of its own. */
function machine(gigaflops: number, { startMs = 0, firstMs = 0 } = {}) {
  let now = 0;
  const asked: (readonly [size: number, times: number])[] = [];
  const seen = new Set<number>();
  return {
    asked,
    now: () => now,
    multiply: async (size: number, times: number) => {
      asked.push([size, times]);
      now += startMs + (seen.has(size) ? 0 : firstMs) + (times * 2 * size ** 3) / (gigaflops * 1e6);
      seen.add(size);
    },
  };
}

describe('the timed product', () => {
  it('gives the figure of the machine, at the full size', async () => {
    const { multiply, now } = machine(214);
    const speed = await timeProducts(multiply, now);
    expect(speed.size).toBe(1024);
    expect(speed.gigaflops).toBeCloseTo(214, 6);
  });

  it('begins small, and keeps a slow machine at a size that takes about a second', async () => {
    const { multiply, now, asked } = machine(0.5);
    const speed = await timeProducts(multiply, now);
    expect(asked[0]).toEqual([128, 1]);
    expect(speed).toEqual({ size: 256, gigaflops: expect.closeTo(0.5, 6) });
    expect(now()).toBeLessThan(2000);
  });

  it('does not count the first product of a size', async () => {
    const { multiply, now } = machine(100, { firstMs: 800 });
    expect((await timeProducts(multiply, now)).gigaflops).toBeCloseTo(100, 6);
  });

  it('repeats short products, so that the cost of a start does not stand for the machine', async () => {
    const { multiply, now, asked } = machine(20_000, { startMs: 1 });
    const { gigaflops } = await timeProducts(multiply, now);
    expect(asked.at(-1)?.[1]).toBeGreaterThan(10);
    expect(gigaflops).toBeGreaterThan(10_000);
  });

  it('survives a clock that stands still', async () => {
    expect(
      (
        await timeProducts(
          async () => {},
          () => 0,
        )
      ).gigaflops,
    ).toBeGreaterThan(0);
  });

  it('passes a fault of the backend on', async () => {
    const broken = () => Promise.reject(new RangeError('no memory'));
    await expect(timeProducts(broken, () => 0)).rejects.toThrow(RangeError);
  });
});
