import { createIdentity, sign } from '@consilium/shared/crypto';
import { coded, toWire } from '@consilium/shared/errors';
import { type JournalRecord, sealRecord } from '@consilium/shared/journal';
import { describe, expect, it } from 'vitest';
import { exampleView } from '../api/testing/fake-runs.js';
import type { RunView, StepView } from '../conduct/view.js';
import type { LeadClient } from './client.js';
import { openFollower, type Sight } from './watch-follower.js';
import { screenOf } from './watch-screen.js';
import { terminalScreen } from './watch-terminal.js';

const view = exampleView();
const sight = (changes: Partial<Sight> = {}): Sight => ({
  ...{ view, atMs: 0, paces: new Map(), steps: [], journal: { kind: 'whole', records: 118 } },
  ...changes,
});
const textOf = (seen: Sight, nowMs = 0, rows = 60): string =>
  screenOf(seen, nowMs, rows)
    .map(({ text }) => text.replaceAll('\u00a0', ' '))
    .join('\n');

describe('the screen of a run', () => {
  it('tells of each site its state, how far it is, and when it was heard', () => {
    const text = textOf(sight(), 3_000);
    expect(text).toMatch(/hospital-a +■■■▣□□ +training +65 %, epoch 1, loss 0\.431 +– +heard 4 s ago +214 +native/);
    expect(text).toMatch(/hospital-b +■■■■▣□ +uploading +210 kB of 334 kB +/);
    expect(text).toMatch(/hospital-c +■■■■■■ +waiting +–/);
    expect(text).toMatch(/hospital-d +■■■◌□□ +away +– +– +away for 12 min/);
    expect(text).toMatch(/hospital-d: CSM-RUN-SITE-IDLE: .*\n {2}Ask the data manager/);
  });

  it('tells when a site is done by its own earlier steps, and how fast it sends', () => {
    const site = 'hospital-b';
    const mark = (done: number, atMs: number) => ({ activity: 'uploading' as const, done, atMs });
    const steps = [
      { step: 'train:0:8', openedMs: -90_000, doneMs: -20_000, accepted: [{ site, atMs: -50_000 }] },
      { step: 'train:0:9', openedMs: -10_000, doneMs: null, accepted: [] },
    ];
    const paces = new Map([[site, { first: mark(10_000, -2_000), last: mark(210_000, 0) }]]);
    expect(textOf(sight({ steps, paces }))).toMatch(/hospital-b.*210 kB of 334 kB, 100 kB\/s +about 30 s/);
  });

  it('tells the newest pooled figures with their interval, coverage, and what was checked of the journal', () => {
    const text = textOf(sight());
    expect(text).toMatch(
      /Round 8, 70 samples of all sites: accuracy 0\.678 \(0\.5\d\d to 0\.7\d\d\); best so far: round 8$/m,
    );
    expect(text).toMatch(/AUC 0\.\d{3} +ECE 0\.\d{3} +loss 0\.\d{3}$/m);
    expect(text).toContain('Samples behind a round: 98 % on average, at least 91 %');
    expect(text).toMatch(/hospital-d +15 of 18 +train:0:8/);
    expect(text).toContain('Journal: 118 records, in order and signed by the coordinator');
    expect(textOf(sight({ journal: { kind: 'checking', records: 7, of: 118 } }))).toContain('7 of 118 records checked');
    const error = toWire(coded('CSM-JOURNAL-LINK', { chain: view.run, sequence: 3 }));
    expect(textOf(sight({ journal: { kind: 'broken', error } }))).toContain('Journal: CSM-JOURNAL-LINK');
  });

  it('shows no figure that is no measure of the model', () => {
    const text = textOf(sight({ view: { ...view, caveat: 'Copies are tested.' } }));
    expect(text).toContain('Round 8, 70 samples of all sites: Copies are tested.');
    expect(text).not.toContain('accuracy');
  });

  it('says what a paused run waits for', () => {
    const error = { code: 'CSM-RUN-QUORUM', details: { step: 'train:0:9', sites: 3, needed: 4 } };
    const text = textOf(sight({ view: { ...view, phase: 'paused', pausedBy: 'participation', error } }));
    expect(text).toContain('paused (waits for sites)');
    expect(text).toContain('has 3 of the 4 sites');
  });

  it('of more sites than fit shows first those that are not done, and counts the others', () => {
    const [a, , c] = view.sites;
    const sites = Array.from({ length: 50 }, (_, index) => ({ ...(index === 40 ? a! : c!), error: null }));
    const lines = screenOf(sight({ view: { ...view, sites, coverage: { ...view.coverage, sites: [] } } }), 0, 24);
    expect(lines.length).toBeLessThan(24);
    const rows = lines.map(({ text }) => text).filter((text) => /[■▣]{4}/.test(text));
    expect(rows[0]).toContain('training');
    expect(rows.length).toBeGreaterThan(5);
    expect(lines.map(({ text }) => text)).toContain(`and ${50 - rows.length} more, as far or further`);
  });
});

describe('a terminal', () => {
  const drawnOn = (isColoured: boolean) => {
    const written: string[] = [];
    const screen = terminalScreen({ columns: 12, rows: 4, write: (text) => written.push(text) }, { isColoured });
    screen.draw([
      { text: 'hospital-a training', tone: 'good' },
      { text: 'b', tone: 'quiet' },
    ]);
    screen.draw(Array.from({ length: 9 }, (_, index) => ({ text: String(index), tone: 'quiet' as const })));
    screen.close();
    return written;
  };

  it('is drawn again in the same place, never wider or higher than it is, and left as it was', () => {
    const [first = '', second = '', last = ''] = drawnOn(false);
    expect(first).toBe('\u001b[?25lhospital-a \u001b[K\nb\u001b[K\n\u001b[J');
    expect(second).toBe('\u001b[?25l\u001b[2A\r0\u001b[K\n1\u001b[K\n2\u001b[K\n\u001b[J');
    expect(last).toBe('\u001b[3A\r\u001b[J\u001b[?25h');
  });

  it('has colours where they are wanted', () => {
    expect(drawnOn(true)[0]).toContain('\u001b[32mhospital-a \u001b[39m');
  });
});

describe('what is followed beside the views', () => {
  const coordinator = createIdentity();
  const journal = (length: number, signer = coordinator): JournalRecord[] => {
    const records: JournalRecord[] = [];
    for (let at = 0; at < length; at++) {
      const draft = { chain: String(view.run), time: '2026-01-12T08:30:00.000Z', type: 'noted', body: { at } };
      records.push(sealRecord(records.at(-1) ?? null, draft, (domain, bytes) => sign(signer, domain, bytes)));
    }
    return records;
  };
  const step = (name: string, done: string | null): StepView => ({
    ...{ step: name as StepView['step'], kind: 'train', stage: 0, round: 1, opened: '1970-01-01T00:01:00.000Z' },
    ...{
      folding: null,
      done,
      model: null,
      isBest: false,
      asked: 1,
      accepted: 1,
      absent: 0,
      sampleShare: 1,
      unmet: [],
      bytes: 0,
    },
    sites: view.sites.slice(0, 1).map(({ site }) => ({
      ...{ site, standing: 'accepted', hash: null, at: '1970-01-01T00:01:20.000Z', seconds: 20, bytes: 0, samples: 1 },
      ...{ refusals: 0, code: null, excused: false },
    })),
  });

  /** A coordinator that answers from these records. */
  function followed(records: readonly JournalRecord[], steps: readonly StepView[] = []) {
    const calls: string[] = [];
    const client: Pick<LeadClient, 'call'> = {
      async call(shape, inputs = {}) {
        calls.push(shape.path);
        const { from = 0, limit = 0 } = (inputs.query ?? {}) as { from?: number; limit?: number };
        const part = (all: readonly unknown[]) => all.slice(from, from + limit);
        const answer = shape.path.endsWith('/records')
          ? { records: part(records.map(({ chain: _, ...rest }) => rest)), more: false, fault: null }
          : { total: steps.length, steps: part(steps) };
        return shape.answer.parse(answer);
      },
    };
    let nowMs = 0;
    const follower = openFollower(client, {
      ...{ coordinatorKeys: [coordinator.publicKey], signal: new AbortController().signal },
      now: () => new Date(nowMs),
    });
    return { follower, calls, advance: (ms: number) => (nowMs += ms) };
  }
  const seen = (records: readonly JournalRecord[], changes: Partial<RunView> = {}): RunView => ({
    ...{ ...view, journalLength: records.length, journalHead: records.at(-1)!.hash },
    ...changes,
  });

  it('is the journal, checked to its end and then as it grows', async () => {
    const records = journal(450);
    const { follower, calls } = followed(records);
    follower.see(seen(records.slice(0, 410)));
    expect(follower.sight()?.journal).toEqual({ kind: 'checking', records: 0, of: 410 });
    expect(await follower.settled()).toEqual({ kind: 'whole', records: 410 });
    follower.see(seen(records));
    expect(await follower.settled()).toEqual({ kind: 'whole', records: 450 });
    expect(calls.filter((path) => path.endsWith('/records'))).toHaveLength(4);
  });

  it.each([
    ['altered', (all: JournalRecord[]) => all.with(2, { ...all[2]!, body: 'x' }), 'CSM-JOURNAL-ALTERED'],
    ['cut', (all: JournalRecord[]) => all.slice(0, 3), 'CSM-JOURNAL-TRUNCATED'],
    ['signed by another', () => journal(5, createIdentity()), 'CSM-JOURNAL-SIGNATURE'],
  ])('is found out when the journal is %s', async (_, change, code) => {
    const records = journal(5);
    const { follower } = followed(change(records));
    follower.see(seen(records));
    expect(await follower.settled()).toMatchObject({ kind: 'broken', error: { code } });
  });

  it('is found out when the journal ends with another record than the run says', async () => {
    const records = journal(5);
    const { follower } = followed(records);
    follower.see(seen(records, { journalHead: view.journalHead }));
    expect(await follower.settled()).toMatchObject({ kind: 'broken', error: { code: 'CSM-JOURNAL-REWRITTEN' } });
  });

  it('is how long each site took for its steps, asked for when another step has begun', async () => {
    const records = journal(1);
    const { follower, calls } = followed(records, [
      step('train:0:8', '1970-01-01T00:01:30.000Z'),
      step('train:0:9', null),
    ]);
    follower.see(seen(records));
    await follower.settled();
    await follower.settled();
    expect(follower.sight()?.steps).toEqual([
      { step: 'train:0:8', openedMs: 60_000, doneMs: 90_000, accepted: [{ site: 'hospital-a', atMs: 80_000 }] },
      { step: 'train:0:9', openedMs: 60_000, doneMs: null, accepted: [{ site: 'hospital-a', atMs: 80_000 }] },
    ]);
    expect(calls.filter((path) => path.endsWith('/steps'))).toHaveLength(1);
  });

  it('finds the steps of a run whose stage stopped early', async () => {
    const records = journal(1);
    const { follower, calls } = followed(records, [step('train:0:9', null)]);
    follower.see(seen(records, { index: 200 }));
    await follower.settled();
    expect(follower.sight()?.steps.map((one) => one.step)).toEqual(['train:0:9']);
    expect(calls.filter((path) => path.endsWith('/steps'))).toHaveLength(2);
  });

  it('is looked at every two seconds at most', async () => {
    const records = journal(3);
    const { follower, calls, advance } = followed(records);
    follower.see(seen(records));
    follower.look();
    follower.look();
    await follower.settled();
    const before = calls.length;
    follower.see(seen(records, { step: 'validate:9' as RunView['step'] }));
    follower.look();
    expect(calls).toHaveLength(before);
    advance(2_000);
    follower.look();
    expect(calls.length).toBeGreaterThan(before);
  });
});
