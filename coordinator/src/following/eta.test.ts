import { siteId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import type { SiteView } from '../conduct/view.js';
import { etaOf } from './eta.js';
import { type Pace, rateOf, seePace } from './pace.js';

describe('etaOf', () => {
  it('follows from the middle of the site’s own durations', () => {
    expect(etaOf([60, 62, 300, 61], 20, null)).toEqual({ seconds: 41.5, by: 'history' });
  });

  it('counts the newest durations alone', () => {
    const past = [...Array.from({ length: 20 }, () => 1000), ...Array.from({ length: 9 }, () => 100)];
    expect(etaOf(past, 30, null)).toEqual({ seconds: 70, by: 'history' });
  });

  it('falls back on the present pace where the site is slower than ever, or new', () => {
    expect(etaOf([60], 90, { work: 50, rate: 5 })).toEqual({ seconds: 10, by: 'pace' });
    expect(etaOf([], null, { work: 50, rate: 5 })).toEqual({ seconds: 10, by: 'pace' });
  });

  it('says nothing where nothing is known', () => {
    expect(etaOf([], 10, null)).toBeNull();
    expect(etaOf([60], null, null)).toBeNull();
    expect(etaOf([], 10, { work: 5, rate: 0 })).toBeNull();
  });
});

describe('the pace of a site', () => {
  const sight = (activity: SiteView['activity'], done: number): SiteView => ({
    ...{ site: siteId.parse('hospital-a'), connected: true, heardSecondsAgo: 0, backend: null, samples: null },
    ...{ standing: 'asked', error: null, bytesIn: 0, bytesOut: 0 },
    activity,
    progress: { done, total: 1_000, unit: 'bytes' },
  });
  const after = (sights: readonly (readonly [SiteView, number])[]): Pace | null =>
    sights.reduce<Pace | null>((pace, [view, atMs]) => seePace(pace, view, atMs), null);

  it('is the work done since the activity was first seen', () => {
    expect(
      rateOf(
        after([
          [sight('uploading', 100), 0],
          [sight('uploading', 300), 2_000],
          [sight('uploading', 700), 4_000],
        ]),
      ),
    ).toBe(150);
  });

  it('starts over with another activity, and with one that began anew', () => {
    expect(
      rateOf(
        after([
          [sight('training', 900), 0],
          [sight('uploading', 10), 9_000],
        ]),
      ),
    ).toBeNull();
    expect(
      rateOf(
        after([
          [sight('uploading', 900), 0],
          [sight('uploading', 10), 9_000],
        ]),
      ),
    ).toBeNull();
  });

  it('is not guessed from too short a look', () => {
    expect(
      rateOf(
        after([
          [sight('uploading', 0), 0],
          [sight('uploading', 500), 200],
        ]),
      ),
    ).toBeNull();
  });
});
