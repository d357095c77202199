import { describe, expect, it } from 'vitest';
import { rootClassWeights } from './train-step.js';

describe('class weights by root', () => {
  it('are as 1/√n, with mean 1', () => {
    const [rare = 0, common = 0] = rootClassWeights([25, 400], 5);
    expect(rare / common).toBeCloseTo(4, 12);
    expect((rare + common) / 2).toBeCloseTo(1, 12);
  });

  it('take a class that nobody could show for one at the limit', () => {
    const [hidden = 0, shown = 0] = rootClassWeights([0, 20], 5);
    expect(hidden / shown).toBeCloseTo(2, 12);
  });
});
