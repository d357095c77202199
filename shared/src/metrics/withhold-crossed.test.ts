import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tooFew } from './index.js';
import { withholdCrossed } from './withhold-crossed.js';

describe('samples that are divided twice', () => {
  const sample = fc.record({ known: fc.nat(3), own: fc.nat(3), patient: fc.nat(40) });
  const divided = (samples: readonly { known: number; own: number; patient: number }[]) => ({
    known: samples.map(({ known }) => known),
    own: samples.map(({ own }) => own),
    groups: 4,
    patients: samples.map(({ patient }) => patient),
  });

  it('show no group that shares few with one of the other division, and leave of none of these a few', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 120 }), fc.integer({ min: 1, max: 6 }), (samples, minimumCell) => {
        const hidden = withholdCrossed(divided(samples), minimumCell);
        const count = (wanted: (one: (typeof samples)[number]) => boolean) =>
          new Set(samples.filter(wanted).map(({ patient }) => patient)).size;
        for (const known of [0, 1, 2, 3]) {
          const shown = [0, 1, 2, 3].filter((own) => !hidden[own]);
          for (const own of shown) {
            expect(
              tooFew(
                count((one) => one.known === known && one.own === own),
                minimumCell,
              ),
            ).toBe(false);
          }
          // Of a group that no shown one touches nothing can be taken off.
          if (!shown.some((own) => samples.some((one) => one.known === known && one.own === own))) continue;
          expect(
            tooFew(
              count((one) => one.known === known && hidden[one.own]!),
              minimumCell,
            ),
          ).toBe(false);
        }
        const nonempty = new Set(samples.map(({ own }) => own)).size;
        expect(hidden.filter(Boolean).length === 1 && nonempty > 1).toBe(false);
      }),
      { numRuns: 400 },
    );
  });

  it('hide nothing where every count is of enough, or of nobody', () => {
    const samples = Array.from({ length: 40 }, (_, patient) => ({ known: patient % 2, own: patient % 2, patient }));
    expect(withholdCrossed(divided(samples), 5)).toEqual([false, false, false, false]);
  });
});
