import { expect, it } from 'vitest';
import { stepLike } from './steps.fixture.js';
import { timeLeft } from './time-left.js';

const atMs = Date.parse('2026-01-12T08:30:00.000Z');
const lasting = (id: string, seconds: number) =>
  stepLike(id, { a: {} }, { done: new Date(atMs + 1000 * seconds).toISOString() });
const running = { phase: 'running', index: 6, steps: 10 } as const;
const ended = [lasting('prepare:cohort:1', 500), lasting('train:0:1', 30), lasting('validate:1', 10)];

it('follows from how long the newest rounds took, and from how long the open step has been open', () => {
  const open = stepLike('train:0:2', { a: {} }, { done: null });
  expect(timeLeft(running, [...ended, open], atMs + 5_000)).toBe(3 * 20 + 15);
  expect(timeLeft(running, [...ended, open], atMs + 90_000)).toBe(3 * 20);
});

it('is not known of a run that waits or is over, nor before two rounds were done', () => {
  expect(timeLeft({ ...running, phase: 'paused' }, ended, atMs)).toBeNull();
  expect(timeLeft({ ...running, phase: 'closed' }, ended, atMs)).toBeNull();
  expect(timeLeft(running, ended.slice(0, 2), atMs)).toBeNull();
});
