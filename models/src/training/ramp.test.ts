import { describe, expect, it } from 'vitest';
import { cosineRamp, linearRamp } from './index.js';
import fixture from './ramp.fixture.json' with { type: 'json' };

describe('cosineRamp', () => {
  it('gives the worked example of a teacher momentum', () => {
    const { start, end, steps, at } = fixture.cosineMomentum;
    for (const [step = Number.NaN, wanted = Number.NaN] of at) {
      expect(cosineRamp(start, end, step / steps)).toBeCloseTo(wanted, 9);
    }
  });

  it('runs either way, slow at both ends, and stands still outside', () => {
    const shares = [-1, 0, 0.5, 1, 2];
    const values = (start: number, end: number) => shares.map((share) => cosineRamp(start, end, share));
    [0.04, 0.04, 0.12, 0.2, 0.2].forEach((wanted, index) => {
      expect(values(0.04, 0.2)[index]).toBeCloseTo(wanted, 12);
      expect(values(0.2, 0.04)[index]).toBeCloseTo(0.24 - wanted, 12);
    });
    expect(cosineRamp(0, 1, 0.1)).toBeCloseTo((1 - Math.cos(Math.PI / 10)) / 2, 12);
  });
});

describe('linearRamp', () => {
  it('runs in a straight line and stands still outside', () => {
    const values = [-1, 0, 1 / 3, 1, 4].map((share) => linearRamp(0.04, 0.07, share));
    [0.04, 0.04, 0.05, 0.07, 0.07].forEach((wanted, index) => {
      expect(values[index]).toBeCloseTo(wanted, 12);
    });
  });
});
