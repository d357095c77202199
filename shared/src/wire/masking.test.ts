import { expect, it } from 'vitest';
import { hasNativeMasking } from './masking.js';

it('native masking is told from its fallback and from its absence', () => {
  const fallback = {};
  expect(hasNativeMasking((name) => (name === 'bufferutil' ? {} : fallback))).toBe(true);
  expect(hasNativeMasking(() => fallback)).toBe(false);
  const absent = () => {
    throw new Error('not found');
  };
  expect(hasNativeMasking(absent)).toBe(false);
});
