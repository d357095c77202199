import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateSchedule, rateFactor, rateSchedule } from './index.js';

const along = (schedule: RateSchedule, steps: number) =>
  Array.from({ length: steps }, (_, step) => rateFactor(schedule, { step, steps, scores: [] }));
const afterScores = (schedule: RateSchedule, scores: readonly number[]) =>
  rateFactor(schedule, { step: 0, steps: 1, scores });

describe('rateFactor', () => {
  it('leaves the rate alone', () => {
    expect(along({ name: 'constant' }, 3)).toEqual([1, 1, 1]);
  });

  it('rises in a straight line, then falls along a cosine', () => {
    const factors = along({ name: 'cosine', warmUp: 0.2, final: 0.1 }, 20);
    expect(factors.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(factors[12]).toBeCloseTo((1 + 0.1) / 2, 12);
    const last = 0.1 + (0.9 * (1 + Math.cos((Math.PI * 15) / 16))) / 2;
    expect(factors[19]).toBeCloseTo(last, 12);
  });

  it('falls from the first step without a warm-up', () => {
    const factors = along({ name: 'cosine', warmUp: 0, final: 0 }, 4);
    [1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2].forEach((wanted, step) => {
      expect(factors[step]).toBeCloseTo(wanted, 12);
    });
  });

  it('falls in two steps', () => {
    const factors = along({ name: 'steps', at: [0.5, 0.8], factor: 0.1 }, 10);
    [1, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01].forEach((wanted, step) => {
      expect(factors[step]).toBeCloseTo(wanted, 12);
    });
  });

  it('is halved each time that nothing has become better for so long', () => {
    const halve = { name: 'plateau', better: 'lower', patience: 2, minimumChange: 0, factor: 0.5 } as const;
    const losses = [3, 2, 2, 2.5, 2.1, 2, 1, 1, 1];
    const factors = losses.map((_, epoch) => afterScores(halve, losses.slice(0, epoch + 1)));
    expect(factors).toEqual([1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]);
    expect(afterScores(halve, [])).toBe(1);
  });

  it('lies between 0 and 1 whatever the place', () => {
    const share = fc.double({ min: 0, max: 0.99, noNaN: true });
    const schedule: fc.Arbitrary<RateSchedule> = fc.oneof(
      fc.record({ name: fc.constant('cosine' as const), warmUp: share, final: share }),
      fc.record({
        name: fc.constant('steps' as const),
        at: fc.array(share, { minLength: 1, maxLength: 3 }),
        factor: fc.constant(0.1),
      }),
    );
    const place = fc
      .tuple(fc.nat(99), fc.nat(99))
      .map(([a, b]) => ({ step: Math.min(a, b), steps: Math.max(a, b) + 1 }));
    fc.assert(
      fc.property(schedule, place, (how, { step, steps }) => {
        const factor = rateFactor(how, { step, steps, scores: [] });
        expect(factor >= 0 && factor <= 1).toBe(true);
      }),
    );
  });
});

describe('rateSchedule', () => {
  it('fills in what is left out', () => {
    expect(rateSchedule.parse({ name: 'cosine' })).toEqual({ name: 'cosine', warmUp: 0, final: 0 });
    expect(rateSchedule.parse({ name: 'plateau', better: 'lower', patience: 3, factor: 0.2 })).toEqual({
      name: 'plateau',
      better: 'lower',
      patience: 3,
      minimumChange: 0,
      factor: 0.2,
    });
  });

  it.each([
    { name: 'linear' },
    { name: 'constant', factor: 0.5 },
    { name: 'cosine', warmUp: 1 },
    { name: 'steps', at: [], factor: 0.1 },
    { name: 'steps', at: [0.5], factor: 1 },
    { name: 'plateau', better: 'lower', patience: 0, factor: 0.5 },
  ])('refuses %j', (schedule) => {
    expect(rateSchedule.safeParse(schedule).success).toBe(false);
  });
});
