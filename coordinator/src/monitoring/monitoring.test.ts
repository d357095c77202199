import { siteId, stepId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { exampleView } from '../api/testing/fake-runs.js';
import type { RunView } from '../conduct/index.js';
import { emptyRoster } from '../sites/index.js';
import { readExposition } from './exposition.fixture.js';
import { metricFamilies } from './families.js';
import { type ObservedRooms, observe } from './observe.js';
import { openMetrics } from './registry.js';

const site = siteId.parse('hospital-a');
const now = new Date('2026-01-12T09:00:00.000Z');

/** Rooms in which everything is made up; `views` are the runs. */
function rooms(views: readonly RunView[], changes: Partial<ObservedRooms> = {}): ObservedRooms {
  return {
    version: '1.2.3',
    sites: { roster: () => ({ ...emptyRoster, members: new Map([[site, member]]) }) },
    live: () => ({
      ...{ heardSecondsAgo: 3, bytesIn: 5, bytesOut: 7 },
      presence: { connected: true, heardMs: 0, status: null },
    }),
    gateway: {
      traffic: () => [{ site, connected: true, sentBytes: 7, receivedBytes: 5, uploads: 2, downloads: 1 }],
      resumedUploads: () => 4,
    },
    desk: { refusals: () => new Map([['CSM-UPDATE-NORM', 2]]) },
    runs: {
      list: async () => views.map((view) => ({ ...view, sites: view.sites.length })),
      view: async (run) => views.find((view) => view.run === run)!,
      find: () => undefined,
    },
    store: { head: async () => null },
    diskUsage: async () => ({ usedBytes: 11, freeBytes: 13 }),
    now: () => now,
    ...changes,
  };
}
const member = {
  ...{ site, invitation: null, pending: null, certificate: null },
  ...{ former: [], runsBefore: 0, rekeysAsked: 0, collisions: 0 },
};

const scrape = async (from: ObservedRooms) => readExposition(await openMetrics(() => observe(from)).text());

describe('the metrics', () => {
  it('are all exposed, by their kind and with the labels that they declare', async () => {
    const { types, samples } = await scrape(rooms([exampleView()]));
    for (const { name, kind, labels } of metricFamilies) {
      expect(types.get(name), name).toBe(kind);
      for (const sample of samples.filter((one) => one.name === name)) {
        expect(Object.keys(sample.labels).sort(), name).toEqual([...labels].sort());
      }
    }
    expect(new Set(metricFamilies.map(({ name }) => name)).size).toBe(metricFamilies.length);
    expect(types.has('nodejs_eventloop_lag_seconds')).toBe(true);
  });

  it('say what a run has come to', async () => {
    const view = exampleView();
    const { samples } = await scrape(rooms([view]));
    const read = (name: string, labels: object = {}) =>
      samples.find(
        (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
      )?.value;
    expect(read('consilium_runs', { phase: 'running' })).toBe(1);
    expect(read('consilium_runs', { phase: 'closed', outcome: 'failed' })).toBe(0);
    expect(read('consilium_run_step')).toBe(20);
    expect(read('consilium_run_steps')).toBe(64);
    expect(read('consilium_run_round')).toBe(9);
    expect(read('consilium_run_sites', { standing: 'asked' })).toBe(2);
    expect(read('consilium_run_sites', { standing: 'absent' })).toBe(1);
    expect(read('consilium_run_auc', { part: 'validation', name: 'aml-subtypes' })).toBe(
      view.judged.at(-1)?.pooled.auc,
    );
    expect(read('consilium_transfers', { direction: 'upload' })).toBe(2);
    expect(read('consilium_transfers', { direction: 'download' })).toBe(1);
    expect(read('consilium_uploads_resumed_total')).toBe(4);
    expect(read('consilium_contributions_refused_total', { code: 'CSM-UPDATE-NORM' })).toBe(2);
    expect(read('consilium_disk_free_bytes')).toBe(13);
  });

  it('count the sites whose report is lacking once the test is over', async () => {
    const reportsIn = async (view: RunView) =>
      (await scrape(rooms([view]))).samples
        .filter(({ name }) => name === 'consilium_run_reports')
        .map(({ labels, value }) => [labels.state, value]);
    expect(await reportsIn(exampleView())).toEqual([]);
    expect(await reportsIn(exampleView({ reports: { released: 3, lacking: 1 } }))).toEqual([
      ['released', 3],
      ['lacking', 1],
    ]);
  });

  it('tell of the test by its own label, and of no figure that there is none of', async () => {
    const view = exampleView();
    const { pooled, ...last } = view.judged.at(-1)!;
    const test = { ...last, step: stepId.parse('test'), stage: null, round: null, pooled: { ...pooled, auc: null } };
    const { samples } = await scrape(rooms([{ ...view, judged: [...view.judged, test] }]));
    expect(samples.filter(({ name }) => name === 'consilium_run_auc')).toEqual([]);
    expect(samples.filter(({ name }) => name === 'consilium_run_ece').map(({ labels }) => labels.part)).toEqual([
      'test',
    ]);
    expect(samples.find(({ name }) => name === 'consilium_run_judged_round')?.value).toBe(8);
  });

  it('name a closed run for one day', async () => {
    const closed = (updated: string) => exampleView({ phase: 'closed', outcome: 'complete', updated });
    const linesOf = async (view: RunView) =>
      (await scrape(rooms([view]))).samples.filter(({ labels }) => labels.run !== undefined).length;
    expect(await linesOf(closed('2026-01-11T09:00:00.000Z'))).toBeGreaterThan(0);
    expect(await linesOf(closed('2026-01-11T08:59:59.000Z'))).toBe(0);
    const { samples } = await scrape(rooms([closed('2025-01-11T08:59:59.000Z')]));
    expect(samples.find(({ labels }) => labels.outcome === 'complete')?.value).toBe(1);
  });

  it('survive names with quotes, backslashes and line breaks, and forget what is gone', async () => {
    const name = 'a "b" \\ c\nd';
    let views: readonly RunView[] = [exampleView({ name })];
    const metrics = openMetrics(() => observe(rooms(views)));
    const steps = async () =>
      readExposition(await metrics.text()).samples.filter((one) => one.name === 'consilium_run_steps');
    expect((await steps()).map(({ labels }) => labels.name)).toEqual([name]);
    views = [];
    expect(await steps()).toEqual([]);
  });

  it('go on without the disk when it cannot be read', async () => {
    const { samples } = await scrape(rooms([], { diskUsage: () => Promise.reject(new Error('no disk')) }));
    expect(samples.filter(({ name }) => name === 'consilium_disk_free_bytes')).toEqual([]);
    expect(samples.find(({ name }) => name === 'consilium_sessions')?.value).toBe(1);
  });

  it('tell of no site beside another in a run, and of no patients', () => {
    for (const { name, labels } of metricFamilies) {
      expect(labels.includes('site') && labels.includes('run'), name).toBe(false);
      expect(name).not.toMatch(/patient|sample/);
    }
  });
});
