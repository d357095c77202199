import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readExposition } from '../coordinator/src/monitoring/exposition.fixture.js';
import { openConsortium } from './harness/consortium.js';
import { createGate } from './harness/gate.js';
import { honest } from './harness/light-site.js';

const dashboard = z
  .object({
    schemaVersion: z.int(),
    templating: z.object({ list: z.array(z.object({ type: z.string(), name: z.string() })) }),
    panels: z.array(
      z.object({
        ...{ id: z.int(), type: z.string(), title: z.string() },
        datasource: z.object({ uid: z.string() }).optional(),
        targets: z.array(z.object({ expr: z.string(), datasource: z.object({ uid: z.string() }) })).default([]),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../deploy/grafana/consilium.json', import.meta.url), 'utf8')));

it('tells Prometheus of a run under way and of its end, and the dashboard of nothing else', async () => {
  await using consortium = await openConsortium();
  const gate = createGate();
  const reached = createGate();
  using _ = { [Symbol.dispose]: () => gate.open() };
  await consortium.join('hospital-a');
  await consortium.join('hospital-b', {
    async contribute(task) {
      if (task.work.step === 'train:0:2') {
        reached.open();
        await gate.opened;
      }
      return honest(task);
    },
  });
  const { run } = await consortium.lead.launch(consortium.lead.contract());
  const scrape = async () => {
    const response = await fetch(`${consortium.coordinator().url}/metrics`);
    expect(response.status).toBe(200);
    const { types, samples } = readExposition(await response.text());
    const of = (name: string, labels: Readonly<Record<string, string>> = {}) =>
      samples
        .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        .map(({ value }) => value);
    return { types, of };
  };

  await reached.opened;
  const view = await consortium.until(run, ({ turnout }) => turnout.accepted === 1);
  const during = await scrape();
  expect(during.of('consilium_sites', { state: 'approved' })).toEqual([2]);
  expect(during.of('consilium_sites_connected')).toEqual([2]);
  expect(during.of('consilium_sites_activity', { activity: 'idle' })).toEqual([2]);
  expect(during.of('consilium_sessions')).toEqual([2]);
  expect(during.of('consilium_runs', { phase: 'running' })).toEqual([1]);
  expect(during.of('consilium_run_running', { run })).toEqual([1]);
  expect(during.of('consilium_run_step', { run })).toEqual([view.index + 1]);
  expect(during.of('consilium_run_steps', { run })).toEqual([view.steps]);
  expect(during.of('consilium_run_round', { run })).toEqual([2]);
  expect(during.of('consilium_run_sites', { run, standing: 'accepted' })).toEqual([1]);
  expect(during.of('consilium_run_sites', { run, standing: 'asked' })).toEqual([1]);
  expect(during.of('consilium_run_accuracy', { run, part: 'validation' })).toEqual([view.judged[0]?.pooled.accuracy]);
  expect(during.of('consilium_journal_records', { journal: 'runs' })).toEqual([view.journalLength]);
  expect(during.of('consilium_journal_records', { journal: 'consortium' })[0]).toBeGreaterThan(0);
  expect(during.of('consilium_blobs_bytes')[0]).toBeGreaterThan(0);
  expect(during.of('consilium_disk_free_bytes')[0]).toBeGreaterThan(0);
  for (const site of ['hospital-a', 'hospital-b']) {
    expect(during.of('consilium_site_received_bytes_total', { site })[0]).toBeGreaterThan(0);
    expect(during.of('consilium_site_sent_bytes_total', { site })[0]).toBeGreaterThan(0);
    expect(during.of('consilium_site_heard_seconds', { site })).toHaveLength(1);
  }

  gate.open();
  const end = await consortium.until(run, ({ phase }) => phase === 'closed');
  const after = await scrape();
  expect(after.of('consilium_runs', { phase: 'closed', outcome: 'complete' })).toEqual([1]);
  expect(after.of('consilium_run_running', { run })).toEqual([0]);
  expect(after.of('consilium_run_judged_round', { run })).toEqual([2]);
  expect(after.of('consilium_run_accuracy', { run, part: 'test' })).toEqual([end.judged.at(-1)?.pooled.accuracy]);
  expect(after.of('consilium_run_folding_seconds_total', { run })[0]).toBeGreaterThanOrEqual(0);
  expect(after.of('consilium_transfers', { direction: 'upload' })).toEqual([0]);

  const named = dashboard.panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => [...expr.matchAll(/\b(?:consilium|process|nodejs)_\w+/g)].map(([name]) => name)),
  );
  expect(named.filter((name) => !after.types.has(name))).toEqual([]);
  const shown = new Set(named);
  const unseen = [...after.types.keys()].filter((name) => name.startsWith('consilium_') && !shown.has(name));
  expect(unseen.sort()).toEqual(notOnTheDashboard);
});

/** What the page tells better, and what is there for alarms. */
const notOnTheDashboard = ['consilium_run_folding_seconds_total', 'consilium_run_running', 'consilium_run_stage'];

it('the dashboard asks the data source that its reader chooses', () => {
  expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
  expect(dashboard.templating.list).toContainEqual(expect.objectContaining({ type: 'datasource', name: 'datasource' }));
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { targets } of dashboard.panels) {
    for (const { datasource, expr } of targets) {
      expect(datasource.uid).toBe(`$${'{datasource}'}`);
      expect(expr).toContain('job="$job"');
    }
  }
  const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
  expect(rows).toEqual(['Runs', 'Sites', 'Transfers', 'Model figures', 'Process']);
});
