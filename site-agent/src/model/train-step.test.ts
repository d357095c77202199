import { describe, expect, it } from 'vitest';
import { classWeightsOf } from './train-step.js';

describe('class weights', () => {
  it('are none, or as 1/n, where a run says so', () => {
    expect(classWeightsOf('none', [25, 400], 5)).toBeNull();
    const [rare = 0, common = 0] = classWeightsOf('inverse', [25, 400], 5) ?? [];
    expect(rare / common).toBeCloseTo(16, 12);
    expect((rare + common) / 2).toBeCloseTo(1, 12);
  });

  it('are as 1/√n, with mean 1', () => {
    const [rare = 0, common = 0] = classWeightsOf('sqrt', [25, 400], 5) ?? [];
    expect(rare / common).toBeCloseTo(4, 12);
    expect((rare + common) / 2).toBeCloseTo(1, 12);
  });

  it('take a class that nobody could show for one at the limit', () => {
    const [hidden = 0, shown = 0] = classWeightsOf('sqrt', [0, 20], 5) ?? [];
    expect(hidden / shown).toBeCloseTo(2, 12);
  });
});
