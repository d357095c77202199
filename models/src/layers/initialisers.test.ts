import { describe, expect, it } from 'vitest';
import { type Initialiser, normal, stream, truncatedNormal } from './index.js';

const drawn = (initialiser: Initialiser) => [...initialiser(stream(5, 'example'), [200, 100])];
const deviationOf = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('initialisers', () => {
  it('draw a normal of the deviation', () => {
    const values = drawn(normal(0.5));
    expect(deviationOf(values)).toBeCloseTo(0.5, 2);
    expect(largest(values)).toBeGreaterThan(3 * 0.5);
  });

  it('draw a normal cut at two deviations', () => {
    const values = drawn(truncatedNormal(0.02));
    expect(largest(values)).toBeLessThanOrEqual(0.04 + 1e-9);
    expect(deviationOf(values) / 0.02).toBeCloseTo(0.88, 1);
  });
});
