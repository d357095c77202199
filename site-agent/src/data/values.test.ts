import { describe, expect, it } from 'vitest';
import { changesOf, readNumber } from './values.js';

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

describe('changesOf', () => {
  const apply = (transforms: Parameters<typeof changesOf>[0], column: string, value: number): number =>
    changesOf(transforms, [column])[0]?.(value) ?? value;

  it('does what is declared for a column, in the declared order, and nothing to others', () => {
    const unitThenLog = [{ unit: { column: 'M', below: 100, multiplyBy: 10 } }, { log1p: ['M'] }];
    expect(apply(unitThenLog, 'M', 34)).toBeCloseTo(Math.log(341), 12);
    expect(apply(unitThenLog.toReversed(), 'M', 34)).toBeCloseTo(10 * Math.log(35), 12);
    expect(apply(unitThenLog, 'M', 340)).toBeCloseTo(Math.log(341), 12);
    expect(apply(unitThenLog, 'N', 34)).toBe(34);
  });

  it('knows log2, clips, and takes a negative value of a logarithm for missing', () => {
    expect(apply([{ log2p1: 'all' }], 'M', 7)).toBeCloseTo(3, 12);
    expect(apply([{ log1p: 'all' }], 'M', -0.5)).toBeNaN();
    expect(apply([{ clip: { columns: 'all', low: 0 } }], 'M', -1)).toBe(0);
    expect(apply([{ clip: { columns: ['M'], low: 0, high: 5 } }], 'M', 9)).toBe(5);
  });

  it('leaves a missing value missing', () => {
    for (const step of [
      { log1p: 'all' as const },
      { log2p1: 'all' as const },
      { clip: { columns: 'all' as const, low: 0, high: 1 } },
      { unit: { column: 'M', below: 1, multiplyBy: 2 } },
    ]) {
      expect(apply([step], 'M', Number.NaN)).toBeNaN();
    }
  });
});
