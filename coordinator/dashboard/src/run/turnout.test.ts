import { expect, it } from 'vitest';
import type { PastStep } from './history.js';
import { turnoutOf } from './turnout.js';

const error = { code: 'CSM-RUN-SITE-IDLE', details: {} };
const absence = (until: string, excused = false) => ({ until, excused, error });
const step = (
  id: string,
  accepted: readonly string[],
  absent: PastStep['absent'] = new Map(),
  done = true,
): PastStep => ({
  ...{ step: id, openedMs: 0, doneMs: done ? 1 : null, refused: [], absent, model: null },
  accepted: accepted.map((site) => ({ site, hash: '', samples: 1, bytes: 1, atMs: 0 })),
});

it('is a row for each site and a column for each training round', () => {
  const steps = [
    step('prepare:cohort:1', ['a', 'b', 'c']),
    step('train:0:1', ['a', 'b', 'c']),
    step('validate:1', ['a']),
    step(
      'train:0:2',
      ['a'],
      new Map([
        ['b', absence('heard')],
        ['c', absence('run')],
      ]),
    ),
    step(
      'train:0:3',
      ['a'],
      new Map([
        ['b', absence('step', true)],
        ['c', absence('run')],
      ]),
    ),
    step('train:0:4', [], new Map([['c', absence('run')]]), false),
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

it('names the stage where there are several', () => {
  expect(turnoutOf([step('train:0:1', []), step('train:1:1', [])], ['a']).rounds).toEqual(['1.1', '2.1']);
});
