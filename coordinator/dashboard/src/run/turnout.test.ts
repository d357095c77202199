import { expect, it } from 'vitest';
import { stepLike } from './steps.fixture.js';
import { turnoutOf } from './turnout.js';

const [absent, left, awaited] = [{ standing: 'absent' }, { standing: 'left' }, { standing: 'awaited' }] as const;

it('is a row for each site and a column for each training round', () => {
  const steps = [
    stepLike('prepare:cohort:1', { a: {}, b: {}, c: {} }),
    stepLike('train:0:1', { a: {}, b: {}, c: {} }),
    stepLike('validate:1', { a: {}, b: awaited, c: awaited }),
    stepLike('train:0:2', { a: {}, b: absent, c: left }),
    stepLike('train:0:3', { a: {}, b: { ...absent, excused: true }, c: left }),
    stepLike('train:0:4', { a: awaited, b: awaited, c: left }, { done: null }),
  ];
  expect(turnoutOf(steps, ['a', 'b', 'c'])).toEqual({
    rounds: ['1', '2', '3', '4'],
    rows: [
      ['took part', 'took part', 'took part', null],
      ['took part', 'missing', 'missing, excused', null],
      ['took part', 'left', 'left', 'left'],
    ],
  });
});

it('has a row of a site that the reader sees alone', () => {
  expect(turnoutOf([stepLike('train:0:1', { a: {} })], ['a']).rows).toEqual([['took part']]);
});

it('names the stage where there are several', () => {
  expect(turnoutOf([stepLike('train:0:1', {}), stepLike('train:1:1', {})], ['a']).rounds).toEqual(['1.1', '2.1']);
});
