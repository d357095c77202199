import { describe, expect, it } from 'vitest';
import { createAllowance } from './allowance.js';

describe('an allowance of messages', () => {
  it('is spent at once or over time, comes back with time, and never grows beyond what it began with', () => {
    let nowMs = 0;
    const allowance = createAllowance({ now: () => nowMs }, { most: 10, perSecond: 2 });
    const taken = (tries: number) => Array.from({ length: tries }, allowance.take).filter(Boolean).length;
    expect(taken(20)).toBe(10);
    nowMs += 1_500;
    expect(taken(20)).toBe(3);
    nowMs += 3_600_000;
    expect(taken(20)).toBe(10);
    allowance.give();
    expect(taken(20)).toBe(1);
  });
});
