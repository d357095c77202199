import { siteId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import type { SiteView } from '../conduct/view.js';
import { doingOf } from './doing.js';

const site = (overrides: Partial<SiteView> = {}): SiteView => ({
  site: siteId.parse('hospital-a'),
  connected: true,
  heardSecondsAgo: 1,
  activity: 'training',
  progress: { done: 30, total: 120, unit: 'batches', epoch: 2, loss: 0.4 },
  backend: 'wasm',
  samples: 96,
  standing: 'asked',
  error: null,
  bytesIn: 0,
  bytesOut: 0,
  ...overrides,
});

it('places a training site in its step, with how far it is', () => {
  expect(doingOf(site())).toMatchObject({ place: 3, mood: 'going', share: 0.25, word: { label: 'training' } });
});

it('shows what was accepted as done, connected or not', () => {
  expect(doingOf(site({ standing: 'accepted', connected: false }))).toMatchObject({ place: 5, mood: 'done' });
});

it('tells a site that was never heard from one that fell away', () => {
  const silent = { connected: false, activity: null, progress: null };
  expect(doingOf(site({ ...silent, heardSecondsAgo: null }))).toMatchObject({ place: 0, word: { label: 'enrolled' } });
  expect(doingOf(site({ connected: false }))).toMatchObject({ place: 3, mood: 'away', word: { label: 'away' } });
});

it('shows a site that left or was refused as wrong, whatever else it says', () => {
  expect(doingOf(site({ standing: 'left', connected: false }))).toMatchObject({ mood: 'bad' });
  expect(doingOf(site({ standing: 'refused' }))).toMatchObject({ mood: 'bad', word: { label: 'refused' } });
  expect(doingOf(site({ activity: 'declined', progress: null }))).toMatchObject({ mood: 'bad', share: null });
});

it('never fills more than the whole', () => {
  const progress = { done: 9, total: 4, unit: 'bytes' } as const;
  expect(doingOf(site({ activity: 'uploading', progress })).share).toBe(1);
});
