import { describe, expect, it } from 'vitest';
import type { ReleasedMetrics, StepOutput } from './records.js';
import { reportStandings } from './site-reports.js';
import { a, b, c, drive, fault, manifestOf, until } from './testing/drive.js';

const released = (site: ReleasedMetrics['site'], n: number | null): ReleasedMetrics => ({
  ...{ site, n, loss: null, accuracy: null, macroF1: null },
});

describe('the reports of the final test', () => {
  it('are not told of while they may still come', () => {
    const run = drive();
    until(run, 'test');
    run.contribute(a);
    expect(reportStandings(run.state())).toBeNull();
  });

  it('are here, withheld for too few patients, or missing for the reason that the site was away for', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'test');
    run.contribute(a);
    run.contribute(b);
    run.send({ kind: 'idle', site: c, idleMs: 600_000 });
    run.fold({ ...run.outputOf(), released: [released(a, 12), released(b, null)] });
    expect(run.state().phase).toBe('closed');
    expect(reportStandings(run.state())).toMatchObject([
      { site: a, report: 'released', error: null },
      { site: b, report: 'withheld', error: { code: 'CSM-REPORT-WITHHELD', details: { minimum: 5 } } },
      { site: c, report: 'missing', error: { code: 'CSM-RUN-SITE-IDLE', details: { step: 'test' } } },
    ]);
  });

  it('are missing for what a site was refused for, declined with, or left for', () => {
    for (const [cause, code] of [
      ['refused', fault.code],
      ['declined', 'CSM-INTERNAL'],
      ['revoked', 'CSM-SITE-REVOKED'],
    ] as const) {
      const run = drive({ participation: { quorum: 2 } });
      until(run, 'test');
      const { step } = manifestOf(run.state(), c).manifest;
      if (cause === 'refused') {
        run.send({ kind: 'contribution', site: c, contribution: manifestOf(run.state(), c), error: fault });
        run.send({ kind: 'idle', site: c, idleMs: 600_000 });
      } else if (cause === 'declined') run.send({ kind: 'declined', site: c, step, excused: false, error: fault });
      else run.send({ kind: 'revoked', site: c });
      run.step([a, b]);
      expect(reportStandings(run.state())?.at(-1), cause).toMatchObject({ report: 'missing', error: { code } });
    }
  });

  it('are withheld by all where the model tells no classes', () => {
    const run = drive();
    until(run, 'test');
    const byLoss: StepOutput = run.outputOf();
    run.step([a, b, c]);
    expect(reportStandings(run.state())?.map(({ error }) => error?.code)).toEqual(Array(3).fill('CSM-REPORT-WITHHELD'));
    const other = drive();
    until(other, 'test');
    for (const site of [a, b, c]) other.contribute(site);
    other.fold({ metrics: { ...byLoss.metrics!, accuracy: null }, released: [released(a, null)] });
    expect(reportStandings(other.state())?.map(({ error }) => error?.code)).toEqual(
      Array(3).fill('CSM-REPORT-NO-CLASSES'),
    );
  });

  it('are missing for the cause of the end in a run that was ended before them, but for those that had come', () => {
    const early = drive();
    until(early, 'train:0:1');
    early.send({ kind: 'stop' });
    expect(reportStandings(early.state())?.map(({ report, error }) => [report, error?.code])).toEqual(
      Array(3).fill(['missing', 'CSM-RUN-STOPPED']),
    );
    const late = drive();
    until(late, 'test');
    late.contribute(a);
    late.send({ kind: 'stop' });
    expect(reportStandings(late.state())?.map(({ report }) => report)).toEqual(['released', 'missing', 'missing']);
  });
});
