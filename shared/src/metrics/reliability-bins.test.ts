import fc from 'fast-check';
import { expect, it } from 'vitest';
import { coarser, reliability, reliabilityBin } from './calibration.js';

it('puts every confidence into the bin (l, u] that holds it, edges and float32 neighbours included', () => {
  const edge = fc.integer({ min: 0, max: 30 }).map((k) => k / 30);
  const confidence = fc.oneof(edge, edge.map(Math.fround), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(confidence, fc.constantFrom(5, 10, 15, 30), (value, bins) => {
      const bin = reliabilityBin(value, bins);
      expect(value === 0 || value > bin / bins).toBe(true);
      expect(value <= (bin + 1) / bins || bin === bins - 1).toBe(true);
    }),
  );
});

it('merges 30 bins into exactly the 10 and 15 that counting anew gives', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), fc.constantFrom(10, 15), (confidences, bins) => {
      const right = (row: number) => row % 3 > 0;
      const counts = (curve: ReturnType<typeof reliability>) => curve.map((bin) => [bin.low, bin.count, bin.correct]);
      expect(counts(coarser(reliability(confidences, right), bins))).toEqual(
        counts(reliability(confidences, right, bins)),
      );
    }),
  );
});

it('refuses to merge bins that do not nest', () => {
  expect(() =>
    coarser(
      reliability([], () => true),
      7,
    ),
  ).toThrow(RangeError);
});
