import { describe, expect, it } from 'vitest';
import { lgfNames, lgfVector, parseIscn, readBands, standardBands } from './index.js';

/** What a karyotype sets in a list of bands. */
const set = (karyotype: string, list: readonly string[]) =>
  lgfNames(list).filter((_, index) => lgfVector(parseIscn(karyotype), readBands(list))[index] === 1);

describe('lgfVector', () => {
  it('holds losses, gains and fusions one after another', () => {
    const vector = lgfVector(parseIscn('46,XX,+8,-7,t(9;22)(q34;q11)'), readBands(['7q31', '8q24', '9q34']));
    expect([...vector]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('marks the finer bands of a coarse break, and the coarse band of a fine one', () => {
    expect(
      set('46,XX,t(8;21)(q22;q22.12)', ['8q21.3', '8q22.1', '8q22.3', '8q23', '21q22.11', '21q22.12', '21q2']),
    ).toEqual(['fusion 8q22.1', 'fusion 8q22.3', 'fusion 21q22.12', 'fusion 21q2']);
  });

  it('takes bands of one resolution within those of another', () => {
    expect(set('46,XX,del(5)(q31.2)', ['5q31', '5q31.1', '5q31.2', '5q31.3', '5q23.3', '5p15.33'])).toEqual([
      'loss 5q31',
      'loss 5q31.2',
      'loss 5q31.3',
    ]);
  });

  it('marks the bands at the centromere, however finely they are named', () => {
    expect(set('46,XX,+1,der(1;7)(q10;p10)', ['1q11', '1q12', '7p11.1', '7p11.2', '7q11.1'])).toEqual([
      'loss 7q11.1',
      'gain 1q11',
      'gain 1q12',
      'fusion 1q11',
      'fusion 7p11.1',
    ]);
  });

  it('keeps gains and losses of different clones beside each other', () => {
    expect(set('47,XX,+8[10]/45,XX,-8[10]', ['8q24'])).toEqual(['loss 8q24', 'gain 8q24']);
  });

  it('leaves no trace of what is outside the list', () => {
    expect(set('47,XX,+8', ['7q31', '21q22'])).toEqual([]);
  });
});

describe('a list of bands', () => {
  it('holds every chromosome, from the short arm to the long one', () => {
    expect(standardBands.slice(0, 3)).toEqual(['1p36', '1p35', '1p34']);
    expect(standardBands).toContain('Xq28');
    expect(standardBands.filter((band) => band.startsWith('21'))).toEqual([
      '21p13',
      '21p12',
      '21p11',
      '21q11',
      '21q21',
      '21q22',
    ]);
    expect(readBands(standardBands)).toHaveLength(new Set(standardBands).size);
  });

  it.each(['', '5', '5q', 'q13', '23q11', '5r13', '5q13.', '05q13', 'chr5q13', '5q36', ' 5q13', '5q13\n'])(
    'names the line of what is no band: %j',
    (name) => {
      expect(() => readBands(['1p36', name])).toThrow(
        expect.objectContaining({ code: 'CSM-DATA-BANDS', details: { line: 2 } }),
      );
    },
  );

  it('names the line of a band that is there twice', () => {
    expect(() => readBands(['1p36', '1p35', '1p36'])).toThrow(expect.objectContaining({ details: { line: 3 } }));
  });
});
