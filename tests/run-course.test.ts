import type { LiveState } from '@consilium/coordinator/api';
import type { StepsPage } from '@consilium/coordinator/conduct';
import { readRunFile } from '@consilium/shared/contract';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { signIn } from './harness/page-user.js';

interface Series {
  readonly lines: readonly { readonly site: string | null; readonly points: readonly unknown[] }[];
}
interface Records {
  readonly records: readonly { readonly sequence: number; readonly hash: string }[];
  readonly more: boolean;
  readonly fault: unknown;
}

/** A finished run of two light sites. */
async function finished(consortium: Consortium): Promise<string> {
  for (const name of ['hospital-a', 'hospital-b']) await consortium.join(name);
  const { run } = await consortium.lead.launch(consortium.lead.contract());
  await consortium.until(run, ({ phase }) => phase === 'closed');
  return run;
}

describe('the course of a run', () => {
  it('is told step by step, with who stood behind each and what it made, before and after a restart', async () => {
    await using consortium = await openConsortium();
    const run = await finished(consortium);
    const { lead } = consortium;
    const course = await lead.call<StepsPage>('GET', `/api/runs/${run}/steps`);
    const { journalLength, model } = await consortium.view(run);
    expect(course.steps.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['initial', 'train:0:1', 'validate:1', 'train:0:2', 'validate:2', 'test']),
    );
    expect(course.total).toBe(course.steps.length);
    const training = course.steps.find(({ step }) => step === 'train:0:2');
    expect(training).toMatchObject({ kind: 'train', stage: 0, round: 2, asked: 2, accepted: 2, absent: 0 });
    expect(training?.sites.map(({ site, standing }) => [site, standing])).toEqual([
      ['hospital-a', 'accepted'],
      ['hospital-b', 'accepted'],
    ]);
    expect(training?.bytes).toBeGreaterThan(0);
    for (const { opened, folding, done } of course.steps) {
      const times = [opened, folding, done].map((time) => new Date(time ?? Number.NaN).getTime());
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
    expect(course.steps.filter(({ isBest }) => isBest).map((step) => step.model)).toEqual([model]);
    const page = await lead.call<StepsPage>('GET', `/api/runs/${run}/steps?from=1&limit=2`);
    expect(page).toEqual({ total: course.total, steps: course.steps.slice(1, 3) });

    const series = await lead.call<Series>('GET', `/api/runs/${run}/series?metric=accuracy`);
    expect(series.lines.map(({ site, points }) => [site, points.length])).toEqual([
      [null, 2],
      ['hospital-a', 2],
      ['hospital-b', 2],
    ]);
    await expect(lead.call('GET', `/api/runs/${run}/series?metric=beauty`)).rejects.toThrow('CSM-API-BODY');

    const first = await lead.call<Records>('GET', `/api/runs/${run}/journal/records?limit=5`);
    const second = await lead.call<Records>('GET', `/api/runs/${run}/journal/records?from=5&limit=200`);
    expect([first.fault, second.fault, first.more, second.more]).toEqual([null, null, true, false]);
    expect([...first.records, ...second.records].map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: journalLength }, (_, index) => index),
    );
    expect((await lead.call<Records>('GET', '/api/journal/records')).fault).toBeNull();

    await consortium.restart();
    expect(await lead.call('GET', `/api/runs/${run}/steps`)).toEqual(course);
  });

  it('is told a site user about the own site, with the run file', async () => {
    await using consortium = await openConsortium();
    const run = await finished(consortium);
    const cookie = await signIn(consortium, 'ada', { role: 'site', site: 'hospital-a' });
    const { url } = consortium.coordinator();
    const get = async (path: string) => (await fetch(`${url}/api/runs/${run}/${path}`, { headers: { cookie } })).text();
    for (const part of ['steps', 'series', 'series?metric=loss']) {
      const text = await get(part);
      expect(text).toContain('hospital-a');
      expect(text).not.toContain('hospital-b');
    }
    expect(await get('journal/records')).toContain('CSM-API-ROLE');
    const file = readRunFile(await get('run-file'), 'run.yaml');
    expect(file).toEqual(consortium.lead.contract().contract.runFile);
  });

  it('shows a page the truth after the coordinator was started anew', async () => {
    await using consortium = await openConsortium();
    const run = await finished(consortium);
    const cookie = await signIn(consortium, 'ada', { role: 'site', site: 'hospital-a' });
    const { url } = consortium.coordinator();
    const page = io(`${url}/page`, {
      ...{ path: '/live/', transports: ['websocket'], auth: { run }, forceNew: true },
      ...{ reconnectionDelay: 50, reconnectionDelayMax: 200, extraHeaders: { origin: url, cookie } },
    });
    const states: LiveState[] = [];
    let told = () => {};
    page.on('state', (state: LiveState, seen: () => void) => {
      states.push(state);
      seen();
      told();
    });
    const next = () =>
      new Promise<void>((resolve) => {
        told = resolve;
      });
    try {
      await next();
      await consortium.restart();
      const connected = new Promise<void>((resolve) => page.once('connect', () => resolve()));
      await connected;
      await next();
      expect(states.at(-1)).toMatchObject({ kind: 'run', run: { run, phase: 'closed', outcome: 'complete' } });
      expect(JSON.stringify(states)).not.toContain('hospital-b');
    } finally {
      page.disconnect();
    }
  });
});
