import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catchUp, type Tail } from './tail.js';

interface Item {
  readonly place: number;
  readonly settled: boolean;
}

/** A list whose last item may still change, and what was asked of it. */
function list(page: number) {
  let items: readonly Item[] = [];
  const asked: (readonly [from: number, limit: number])[] = [];
  return {
    asked,
    grow(length: number, open: boolean) {
      items = Array.from({ length }, (_, place) => ({ place, settled: !open || place < length - 1 }));
    },
    items: () => items,
    source: {
      page,
      isSettled: ({ settled }: Item) => settled,
      load: async (from: number, limit: number) => {
        asked.push([from, limit]);
        return { items: items.slice(from, from + limit), total: items.length };
      },
    },
  };
}

async function last(parts: AsyncGenerator<Tail<Item>>): Promise<Tail<Item> | null> {
  let newest: Tail<Item> | null = null;
  for await (const tail of parts) newest = tail;
  return newest;
}

describe('the end of a growing list', () => {
  it('is fetched from its end, page by page, and older parts when they are wanted', async () => {
    const { grow, source, asked } = list(10);
    grow(100, true);
    const tail = await last(catchUp(null, { guess: 100, wanted: 5 }, source));
    expect(tail).toMatchObject({ from: 95, total: 100 });
    await last(catchUp(tail, { guess: 0, wanted: 25 }, source));
    expect(asked).toEqual([
      [95, 5],
      [99, 10],
      [85, 10],
      [75, 10],
    ]);
  });

  it('is asked for what is new and for what may have changed alone', async () => {
    const { grow, source, asked, items } = list(10);
    grow(100, true);
    let tail = await last(catchUp(null, { guess: 100, wanted: 20 }, source));
    asked.length = 0;
    grow(103, false);
    tail = await last(catchUp(tail, { guess: 0, wanted: 20 }, source));
    expect(asked).toEqual([[99, 10]]);
    expect(tail?.items).toEqual(items().slice(80));
  });

  it('finds its end where it is shorter than was thought', async () => {
    const { grow, source, items } = list(10);
    grow(7, false);
    expect(await last(catchUp(null, { guess: 60, wanted: 5 }, source))).toEqual({
      from: 2,
      items: items().slice(2),
      total: 7,
    });
    grow(0, false);
    expect(await last(catchUp(null, { guess: 60, wanted: 5 }, source))).toEqual({ from: 0, items: [], total: 0 });
  });

  it('holds what the list holds, however it grew and whatever was guessed', async () => {
    const growth = fc.array(fc.tuple(fc.nat(30), fc.boolean(), fc.nat(40)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(growth, fc.integer({ min: 1, max: 12 }), fc.nat(200), async (steps, page, guess) => {
        const { grow, source, items } = list(page);
        let length = 0;
        let tail: Tail<Item> | null = null;
        for (const [more, open, wanted] of steps) {
          length += more;
          grow(length, open && more > 0);
          tail = (await last(catchUp(tail, { guess, wanted: wanted + 1 }, source))) ?? tail;
          if (length === 0) continue;
          expect(tail?.items).toEqual(items().slice(tail?.from));
          expect(tail?.from).toBeLessThanOrEqual(Math.max(0, length - wanted - 1));
        }
      }),
    );
  });
});
