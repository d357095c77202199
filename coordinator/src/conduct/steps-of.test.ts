import type { SiteId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import { newRun } from '../rounds/index.js';
import { drive } from '../rounds/testing/drive.js';
import type { Store } from '../store/index.js';
import { stepsOfRun } from './steps-of.js';

it('a page of steps takes as long as it has lines, and lets others have turns between the steps', async () => {
  const rounds = 20;
  const run = drive({ rounds });
  while (run.state().phase === 'running') run.step();
  const many = Array.from({ length: 300 }, (_, index) => `site-${String(index).padStart(3, '0')}` as SiteId);
  const state = { ...run.state(), sites: many };
  let looks = 0;
  const rows = many.map((site) => ({
    ...{ hash: 'a'.repeat(64), bytes: 8, samples: 3, outcome: 'accepted', code: null, at: '2029-01-01T00:00:00.000Z' },
    get site() {
      looks += 1;
      return site;
    },
  }));
  const store = { read: async () => rows } as unknown as Store;
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const { total, steps } = await stepsOfRun({ state, times: new Map() }, store, { from: 0, limit: 200 });
  isDone = true;
  expect(total).toBe(newRun(state.contract).steps.length);
  expect(steps).toHaveLength(total);
  expect(steps.at(-1)?.sites.map(({ site, standing }) => `${site} ${standing}`)).toEqual(
    many.map((site) => `${site} accepted`),
  );
  expect(looks).toBeLessThanOrEqual(2 * total * many.length);
  expect(turns).toBeGreaterThanOrEqual(total);
});
