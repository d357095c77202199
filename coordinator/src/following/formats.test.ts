import { expect, it } from 'vitest';
import { formats } from './formats.js';

const english = formats('en-GB', 'UTC');
const german = formats('de-DE', 'Europe/Berlin');

it('writes numbers in the manner of the place', () => {
  expect(english.score(0.7134)).toBe('0.713');
  expect(german.score(0.7134, 2)).toBe('0,71');
  expect(german.count(12_345)).toBe('12.345');
  expect([0, 0.2, 0.025, -1].map(german.short)).toEqual(['0', '0,2', '0,025', '−1']);
  expect(english.percent(0.913)).toBe('91\u00a0%');
  expect(german.percent(0.9134, 1)).toBe('91,3\u00a0%');
});

it('shows a dash for what has no value, and a minus sign for what is below zero', () => {
  expect(english.score(null)).toBe('–');
  expect(english.score(undefined)).toBe('–');
  expect(english.score(-0.25, 2)).toBe('−0.25');
});

it('chooses the unit that reads best', () => {
  expect([120, 334_000, 5_400_000, 7_210_000_000].map(english.bytes)).toEqual([
    '120\u00a0B',
    '334\u00a0kB',
    '5.4\u00a0MB',
    '7.21\u00a0GB',
  ]);
  expect([0, 59.6, 600, 7_200, 200_000].map(english.span)).toEqual([
    '0\u00a0s',
    '60\u00a0s',
    '10\u00a0min',
    '2.0\u00a0h',
    '2\u00a0d',
  ]);
});

it('writes dates and times in the manner and the zone of the place', () => {
  expect(german.moment('2026-01-12T08:30:00.000Z')).toBe('12.01.2026, 09:30');
  expect(english.clock(new Date('2026-01-12T08:30:07.000Z'))).toBe('08:30:07');
});
