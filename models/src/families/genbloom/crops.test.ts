import { describe, expect, it } from 'vitest';
import { stream } from '../../layers/index.js';
import { startsOf } from '../../samples/index.js';
import { drawViews } from './crops.js';

const starts = startsOf([40, 1, 600]);
const bags = { kind: 'bags', rows: 3, width: 1, starts, values: new Float32Array(641) } as const;
const settings = { globalCells: 256, localViews: 8, localCells: 8 };
const rows = Int32Array.of(2, 0, 1);
const draw = (seed: number) => drawViews(bags, rows, settings, stream(seed, 'views'));

describe('drawViews', () => {
  it('cuts views of the sizes that are asked for, without a cell twice', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { global, local, masked } = draw(seed);
      expect([global.length, local.length, masked.length]).toEqual([6, 24, 6]);
      for (const [index, view] of [...global, ...local].entries()) {
        const row = rows[index % 3]!;
        expect(new Set(view).size).toBe(view.length);
        expect(view.every((vector) => vector >= starts[row]! && vector < starts[row + 1]!)).toBe(true);
        const all = starts[row + 1]! - starts[row]!;
        const [low, high] = index < 6 ? [0.5, 1] : [0.1, 0.3];
        const least = index < 6 ? 1 : 8;
        expect(view.length).toBeGreaterThanOrEqual(Math.min(all, Math.max(least, Math.round(low * all)), 256));
        expect(view.length).toBeLessThanOrEqual(Math.min(256, Math.max(least, Math.round(high * all))));
      }
    }
  });

  it('masks a tenth to a half of every second global view', () => {
    const seen = Array.from({ length: 60 }, (_, seed) => draw(seed)).flatMap(({ global, masked }) =>
      global.map(({ length }, view) => ({ length, masked: masked[view]! })),
    );
    const touched = seen.filter(({ masked }) => masked > 0);
    expect(touched.length / seen.length).toBeCloseTo(0.5, 1);
    for (const { length, masked } of touched) {
      expect(masked).toBeGreaterThanOrEqual(Math.floor(0.1 * length));
      expect(masked).toBeLessThanOrEqual(Math.ceil(0.5 * length));
    }
  });

  it('is the same for one seed, and another for the next', () => {
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});
