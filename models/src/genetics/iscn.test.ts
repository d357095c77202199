import { CodedError } from '@consilium/shared/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lgfNames, lgfVector, parseIscn, readBands, standardBands } from './index.js';
import fixture from './karyotypes.fixture.json' with { type: 'json' };

const bands = readBands(standardBands);
const names = lgfNames(standardBands);
const findings = (text: string) => names.filter((_, index) => lgfVector(parseIscn(text), bands)[index] === 1);

/** `8` is all bands of a chromosome, `5q13-5q33` all from one to the other. */
function bandsOf(range: string): readonly string[] {
  if (/^(?:\d+|[XY])$/.test(range)) return standardBands.filter((band) => band.match(/^(?:\d+|[XY])/)?.[0] === range);
  const [from = '', to = from] = range.split('-');
  const [first, last] = [standardBands.indexOf(from), standardBands.indexOf(to)];
  if (first < 0 || last < first) throw new RangeError(range);
  return standardBands.slice(first, last + 1);
}

describe('a karyotype', () => {
  it.each(fixture.read)('$text', ({ text, loss, gain, fusion }) => {
    const wanted = Object.entries({ loss, gain, fusion }).flatMap(([kind, ranges]) =>
      ranges.flatMap(bandsOf).map((band) => `${kind} ${band}`),
    );
    expect(new Set(findings(text))).toEqual(new Set(wanted));
  });

  it('tells its clones and their cells', () => {
    const { clones } = parseIscn('47,XX,+8[10]/48,idem,+21[cp4]/46,XX');
    expect(clones.map(({ changes, cells }) => [changes.length, cells])).toEqual([
      [1, 10],
      [2, 4],
      [0, null],
    ]);
  });
});

describe('a karyotype that is not read', () => {
  it.each(fixture.refused)('$text is refused at $at', ({ text, at }) => {
    expect(() => parseIscn(text)).toThrow(
      expect.objectContaining({ code: 'CSM-DATA-ISCN', details: expect.objectContaining({ at }) }),
    );
  });

  it('is refused where it is too long or has too many clones', () => {
    for (const text of [`46,XX,${'+8,'.repeat(2000)}`, Array.from({ length: 33 }, () => '46,XX').join('/')]) {
      expect(() => parseIscn(text)).toThrow(expect.objectContaining({ code: 'CSM-DATA-ISCN' }));
    }
  });

  it('leaves nothing of itself in the error', () => {
    const words = fixture.refused.map(({ text }) => messageOf(() => parseIscn(text)));
    const plain = /^The karyotype is not readable at character \d+: [a-z0-9 ,]+\.$/;
    expect(words.filter((message) => !plain.test(message))).toEqual([]);
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CodedError) return error.message;
  }
  return 'none';
}

describe('whatever text is given', () => {
  /** A vector of zeros and ones, or the coded error with a place in the text or just behind it. */
  const holds = (text: string) => {
    try {
      expect(lgfVector(parseIscn(text), bands).every((bit) => bit === 0 || bit === 1)).toBe(true);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      expect(error.code).toBe('CSM-DATA-ISCN');
      expect(error.details.at).toBeGreaterThanOrEqual(1);
      expect(error.details.at).toBeLessThanOrEqual(text.length + 1);
    }
  };

  it('is read or refused with its place', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), holds));
  });

  it('is read or refused with its place, also where it looks like ISCN', () => {
    const pieces = [
      '46',
      '45',
      '47',
      ',',
      'XX',
      'XY',
      'X',
      '+',
      '-',
      '8',
      '21',
      'X',
      '(',
      ')',
      ';',
      '/',
      '[20]',
      't',
      'del',
    ];
    const more = [
      'der',
      'i',
      'inv',
      'dic',
      'add',
      'mar',
      'idem',
      'q22',
      'p13.1',
      'q10',
      'p10',
      'q',
      'c',
      'x2',
      '?',
      ' ',
      '~',
    ];
    const text = fc.array(fc.constantFrom(...pieces, ...more), { maxLength: 24 }).map((parts) => parts.join(''));
    fc.assert(fc.property(text, holds), { numRuns: 1000 });
  });

  it('is read or refused with its place, also one sign away from a karyotype', () => {
    const sign = fc.string({ unit: 'grapheme-ascii', maxLength: 2 });
    fc.assert(
      fc.property(fc.constantFrom(...fixture.read), fc.nat(80), fc.nat(3), sign, ({ text }, at, cut, put) => {
        holds(text.slice(0, at) + put + text.slice(at + cut));
      }),
      { numRuns: 1000 },
    );
  });
});
