import { describe, expect, it } from 'vitest';
import { readNumber } from './values.js';

describe('readNumber', () => {
  it.each([
    ['1', 1],
    [' -2.5e-3 ', -0.0025],
    ['0', 0],
    ['.5', 0.5],
  ])('reads %j', (text, value) => expect(readNumber(text)).toBe(value));
  it.each(['', '  ', 'NA', 'n/a', 'NaN', 'null', 'None', '?', '.'])('takes %j for missing', (text) =>
    expect(readNumber(text)).toBeNaN(),
  );
  it.each(['12,5', '<0.1', 'haemolysed', '0x10', '0b1', 'Infinity', '1e999', '1 2', '--1'])('refuses %j', (text) =>
    expect(readNumber(text)).toBeNull(),
  );
});
