import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jaccardPositives } from './index.js';
import fixture from './supervised-contrastive.fixture.json' with { type: 'json' };

describe('jaccardPositives', () => {
  const { geneticVectors, weights } = fixture.jaccard;
  const bits = Uint8Array.from(geneticVectors.flat());
  const rows = geneticVectors.length;

  it('gives the worked example', () => {
    const likeness = jaccardPositives({ bits, rows }, 0);
    weights.flat().forEach((wanted, index) => {
      expect(likeness[index]).toBeCloseTo(wanted, 7);
    });
  });

  it('keeps what reaches the minimum and nothing below', () => {
    const kept = [...jaccardPositives({ bits, rows }, 0.5)];
    expect(kept).toEqual(weights.flat().map((weight) => (weight >= 0.5 ? weight : 0)));
    expect([...jaccardPositives({ bits, rows }, 1)]).toEqual(weights.flat().map((weight) => +(weight === 1)));
  });

  it('takes two patients without findings for alike', () => {
    expect([...jaccardPositives({ bits: new Uint8Array(4), rows: 2 }, 0.5)]).toEqual([1, 1, 1, 1]);
  });

  it('compares only what was tested in both', () => {
    const pair = { bits: Uint8Array.of(1, 0, 1, 1, 1, 0), rows: 2 };
    expect(jaccardPositives(pair, 0)[1]).toBeCloseTo(1 / 3, 6);
    expect(jaccardPositives({ ...pair, tested: Uint8Array.of(1, 0, 1, 1, 1, 1) }, 0)[1]).toBe(0.5);
    expect(jaccardPositives({ ...pair, tested: Uint8Array.of(1, 1, 0, 1, 0, 1) }, 0)[1]).toBe(1);
  });

  it('cannot say that two patients without a common test are alike', () => {
    const apart = { bits: new Uint8Array(4), rows: 2, tested: Uint8Array.of(1, 0, 0, 1) };
    expect([...jaccardPositives(apart, 0)]).toEqual([1, 0, 0, 1]);
  });

  it('is symmetric, between 0 and 1', () => {
    const findings = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8 }))
      .chain(([count, width]) =>
        fc
          .array(fc.integer({ min: 0, max: 1 }), { minLength: count * width, maxLength: count * width })
          .map((values) => ({ bits: Uint8Array.from(values), rows: count })),
      );
    fc.assert(
      fc.property(findings, (given) => {
        const likeness = jaccardPositives(given, 0);
        const at = (i: number, j: number) => likeness[i * given.rows + j]!;
        for (let i = 0; i < given.rows; i++) {
          expect(at(i, i)).toBe(1);
          for (let j = 0; j < given.rows; j++) {
            expect(at(i, j)).toBe(at(j, i));
            expect(at(i, j) >= 0 && at(i, j) <= 1).toBe(true);
          }
        }
      }),
    );
  });

  it('refuses bits that make no whole rows', () => {
    expect(() => jaccardPositives({ bits: new Uint8Array(5), rows: 2 }, 0)).toThrow(RangeError);
    expect(() => jaccardPositives({ bits: new Uint8Array(0), rows: 0 }, 0)).toThrow(RangeError);
  });
});
