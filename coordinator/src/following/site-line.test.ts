import { siteId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import type { SiteView } from '../conduct/view.js';
import { formats, kindOf, type Surroundings, siteLine } from './index.js';

const site: SiteView = {
  ...{ site: siteId.parse('hospital-a'), connected: true, heardSecondsAgo: 2, backend: 'wasm', samples: 96 },
  ...{ standing: 'asked', error: null, bytesIn: 0, bytesOut: 0, activity: 'training' },
  progress: { done: 30, total: 120, unit: 'batches', epoch: 2, loss: 0.4 },
};
const step = (name: string, openedMs: number, doneMs: number | null, tookMs?: number) => ({
  ...{ step: name, openedMs, doneMs },
  accepted: tookMs === undefined ? [] : [{ site: site.site, atMs: openedMs + tookMs }],
});
const around: Surroundings = {
  ...{ step: 'train:0:3', isClosed: false, pace: null, atMs: 100_000, nowMs: 103_000 },
  steps: [
    step('train:0:1', 0, 40_000, 20_000),
    step('validate:1', 40_000, 50_000, 3_000),
    step('train:0:2', 50_000, 90_000, 30_000),
    step('train:0:3', 95_000, null),
  ],
};
const format = formats('en', 'UTC');
const told = (changes: Partial<SiteView> = {}, other: Partial<Surroundings> = {}) =>
  siteLine({ ...site, ...changes }, { ...around, ...other }, format);

describe('the line of a site', () => {
  it('tells how far its training is, and when it is done by its own steps of this kind', () => {
    expect(told()).toMatchObject({
      ...{ detail: '25\u00a0%, epoch 2, loss 0.400', heard: 'heard 5\u00a0s ago' },
      eta: { seconds: 25 - 8, by: 'history' },
      doing: { word: { label: 'training' } },
    });
  });

  it('tells how far an upload is, how fast it goes and when it ends', () => {
    const mark = (done: number, atMs: number) => ({ activity: 'uploading' as const, done, atMs });
    const pace = { first: mark(0, 99_000), last: mark(400_000, 101_000) };
    const progress = { done: 400_000, total: 1_000_000, unit: 'bytes' } as const;
    expect(told({ activity: 'uploading', progress }, { pace, steps: [] })).toMatchObject({
      ...{ detail: '400\u00a0kB of 1.0\u00a0MB, 200\u00a0kB/s', eta: { seconds: 3, by: 'pace' } },
    });
  });

  it('tells since when a site is away, and nothing of what it did', () => {
    expect(told({ connected: false, heardSecondsAgo: 600 })).toMatchObject({
      ...{ detail: '', eta: null, heard: 'away for 10\u00a0min' },
    });
    expect(told({ connected: false, heardSecondsAgo: null, activity: null }).heard).toBe('not heard yet');
  });

  it('has no end in sight for what is done, or in a run that is over', () => {
    expect(told({ standing: 'accepted' }).eta).toBeNull();
    expect(told({}, { isClosed: true }).eta).toBeNull();
  });
});

it('a step’s kind is the beginning of its name', () => expect(kindOf('prepare:cohort:1')).toBe('prepare'));
