import { durationsOf } from '@consilium/coordinator/following';
import type { RunRecord } from '@consilium/coordinator/rounds';
import { blobHash, siteId, stepId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import { entriesOf, stepsOf } from './history.js';

const hash = (digit: string) => blobHash.parse(digit.repeat(64));
const idle = { code: 'CSM-RUN-SITE-IDLE', details: { site: 'hospital-b', seconds: 600, step: 'train:0:1' } };
const [a, b] = [siteId.parse('hospital-a'), siteId.parse('hospital-b')];
const one = stepId.parse('train:0:1');
const two = stepId.parse('train:0:2');

const opened = (step: typeof one, index: number): RunRecord => ({ type: 'step-opened', step, index });
const accepted = (step: typeof one, site: typeof a, digit: string): RunRecord =>
  // The signature and the rest of the manifest do not concern the history.
  ({
    type: 'contribution-accepted',
    step,
    site,
    contribution: { manifest: { hash: hash(digit), samples: 40, bytes: 900 } },
  }) as never;

/** A journal with a record each ten seconds. */
const journal = (records: readonly RunRecord[]): string =>
  records
    .map(({ type, ...body }, place) => ({ type, body, time: new Date(10_000 * place).toISOString(), sequence: place }))
    .map((line) => JSON.stringify(line))
    .join('\n');

const told = stepsOf(
  entriesOf(
    journal([
      opened(one, 1),
      accepted(one, a, 'a'),
      { type: 'site-left', step: one, site: b, until: 'heard', excused: false, error: idle },
      { type: 'step-done', step: one, output: { model: hash('1') } },
      opened(two, 2),
      { type: 'site-returned', step: two, site: b },
      accepted(two, a, 'c'),
      accepted(two, b, 'd'),
    ]),
  ),
);

it('tells for each step who stood behind it, who was away, and what came of it', () => {
  expect(told.map(({ step, model, doneMs }) => [step, model, doneMs])).toEqual([
    [one, hash('1'), 30_000],
    [two, null, null],
  ]);
  expect(told[0]!.accepted.map(({ site }) => site)).toEqual([a]);
  expect([...told[0]!.absent.keys()]).toEqual([b]);
  expect(told[1]!.accepted.map(({ site }) => site)).toEqual([a, b]);
  expect(told[1]!.absent.size).toBe(0);
});

it('knows how long a site took for steps of a kind, ended ones alone', () => {
  expect(durationsOf(told, a, 'train')).toEqual([10]);
  expect(durationsOf(told, b, 'train')).toEqual([]);
});

it('reads an empty journal as a run without steps', () => {
  expect(stepsOf(entriesOf(''))).toEqual([]);
});
