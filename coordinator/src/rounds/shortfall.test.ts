import type { SiteId, StepId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { coverageOf } from './coverage.js';
import { isExcused } from './participation.js';
import { a, b, c, drive, fault, hash, manifestOf, sites, until } from './testing/drive.js';
import { workFor } from './work.js';

const limitMs = 600_000;
type Run = ReturnType<typeof drive>;
const idle = (run: Run, site: SiteId) => run.send({ kind: 'idle', site, idleMs: limitMs });
const decline = (run: Run, site: SiteId) =>
  run.send({ kind: 'declined', site, step: stepOf(run), excused: false, error: fault });
const stepOf = (run: Run): StepId => manifestOf(run.state(), a).manifest.step;

/** A run at its first round, where only the given sites have answered and the others have idled out. */
function short(participation: object, by: readonly SiteId[]): Run {
  const run = drive({ participation });
  until(run, 'train:0:1');
  for (const site of by) run.contribute(site);
  for (const site of sites) if (!by.includes(site)) idle(run, site);
  return run;
}

describe('a step that lacks what the contract asks for', () => {
  it('pauses the run where the contract says nothing or says wait, and goes on by itself once it is met', () => {
    for (const words of [{}, { onShortfall: 'wait' }]) {
      const run = short(words, [a, b]);
      expect(run.state()).toMatchObject({ phase: 'paused', pausedBy: 'participation' });
      expect(run.state().error).toMatchObject({ code: 'CSM-RUN-QUORUM', details: { sites: 2, needed: 3 } });
      expect(run.state().absent.get(c)?.error).toMatchObject({ details: { seconds: 600, step: 'train:0:1' } });
      // What it had finished before counts without another word.
      expect(run.contribute(c).map(({ type }) => type)).toEqual(['contribution-accepted', 'resumed', 'step-folding']);
    }
  });

  it('ends the run at once where the contract says fail', () => {
    const run = short({ onShortfall: 'fail' }, [a, b]);
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'failed', error: { code: 'CSM-RUN-QUORUM' } });
  });

  it('is gone on with where the contract says degrade, says so in its record and in coverage, and the run ends degraded', () => {
    const run = short({ onShortfall: 'degrade', minimumSampleShare: 0.8 }, [a, b]);
    const unmet = [
      { code: 'CSM-RUN-QUORUM', details: { step: 'train:0:1', sites: 2, needed: 3 } },
      { code: 'CSM-RUN-SAMPLE-SHARE', details: { step: 'train:0:1', share: '0.400', needed: 0.8 } },
    ];
    expect(run.records.at(-1)).toEqual({ type: 'step-folding', step: 'train:0:1', unmet });
    run.fold(run.outputOf());
    run.send({ kind: 'progress', site: c });
    while (run.state().phase === 'running') run.step();
    expect(run.state().outcome).toBe('degraded');
    expect(coverageOf(run.state()).shortfalls).toEqual([{ step: 'train:0:1', unmet }]);
  });

  it('is degraded also when all who are missing are excused', () => {
    const run = drive({ participation: { onShortfall: 'degrade', quorum: 3 } });
    run.contribute(a);
    run.contribute(b);
    run.send({ kind: 'declined', site: c, step: stepOf(run), excused: true, error: fault });
    run.fold(run.outputOf());
    while (run.state().phase === 'running') run.step([a, b]);
    expect(run.state().outcome).toBe('degraded');
    expect(coverageOf(run.state()).shortfalls).toHaveLength(run.state().history.length - 1);
  });

  it('cannot be gone on with under degrade while a required site, or everybody, is missing', () => {
    for (const { required, by } of [
      { required: [c], by: [a, b] },
      { required: [], by: [] },
    ]) {
      const run = short({ onShortfall: 'degrade', required }, by);
      expect(run.state()).toMatchObject({ phase: 'paused', pausedBy: 'participation' });
      run.contribute(c);
      expect(run.state()).toMatchObject({ phase: 'running', stepPhase: 'folding' });
    }
    const run = short({ onShortfall: 'degrade', required: [c] }, [a, b]);
    run.send({ kind: 'revoked', site: c });
    expect(run.state()).toMatchObject({ outcome: 'failed', error: { code: 'CSM-RUN-REQUIRED-MISSING' } });
  });

  it('does not wait for those who could not help: the run ends once a required site is out, whoever else may return', () => {
    const run = drive({ participation: { required: [a], quorum: 1 } });
    until(run, 'train:0:1');
    run.contribute(b);
    idle(run, c);
    run.send({ kind: 'revoked', site: a });
    expect(run.state()).toMatchObject({ outcome: 'failed', error: { code: 'CSM-RUN-REQUIRED-MISSING' } });
  });

  it('waits for a site that declined it where the contract says wait, else not', () => {
    const silent = drive();
    const patient = drive({ participation: { onShortfall: 'wait' } });
    for (const run of [silent, patient]) {
      until(run, 'train:0:1');
      run.contribute(a);
      run.contribute(b);
      decline(run, c);
    }
    expect(silent.state()).toMatchObject({ phase: 'closed', outcome: 'failed' });
    expect(patient.state()).toMatchObject({ phase: 'paused', pausedBy: 'participation' });
    patient.send({ kind: 'progress', site: c });
    expect(patient.state().phase).toBe('running');
    patient.contribute(c);
    expect(patient.state().stepPhase).toBe('folding');
  });
});

describe('a site that comes back', () => {
  it('while a step is folded without it is missing from that step all the same, and asked from the next on', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'train:0:1');
    run.contribute(a);
    run.contribute(b);
    idle(run, c);
    run.send({ kind: 'progress', site: c });
    expect(run.state().stepPhase).toBe('folding');
    run.fold(run.outputOf());
    expect(run.state().history.at(-1)?.absent.get(c)).toMatchObject({ step: 'train:0:1' });
    while (run.state().phase === 'running') run.step();
    expect(run.state().outcome).toBe('degraded');
    const [{ missing, contributed, asked } = expect.fail()] = coverageOf(run.state()).sites.filter(
      ({ site }) => site === c,
    );
    expect(missing).toMatchObject([{ since: 'train:0:1', error: { code: 'CSM-RUN-SITE-IDLE' } }]);
    expect(asked - contributed).toBe(1);
  });

  it('cannot come back to a run whose next step opened with nobody left to ask: it pauses and says so', () => {
    const run = drive({ participation: { quorum: 1 } });
    until(run, 'train:0:1');
    run.contribute(a);
    idle(run, b);
    idle(run, c);
    run.send({ kind: 'revoked', site: a });
    run.fold(run.outputOf());
    expect(run.state()).toMatchObject({ phase: 'paused', pausedBy: 'participation' });
    run.send({ kind: 'progress', site: b });
    expect(run.state().phase).toBe('running');
  });
});

describe('a site that is approved after the launch', () => {
  const d = 'hospital-d' as SiteId;

  it('joins while patients are counted where the contract accepts late joiners, and is weighed by what it signs', () => {
    const run = drive({ participation: { lateJoiners: 'accept' } });
    run.contribute(a);
    expect(run.send({ kind: 'approved', site: d })).toEqual([
      { type: 'site-joined', step: 'prepare:cohort:1', site: d },
    ]);
    expect(workFor(run.state(), d, hash('head'))).toMatchObject({ step: 'prepare:cohort:1', verdict: null });
    for (const site of [b, c]) run.contribute(site);
    expect(run.state().stepPhase).toBe('open');
    run.contribute(d);
    expect(run.state().samples.get(d)).toBe(1);
    while (run.state().phase === 'running') run.step([...sites, d]);
    expect(run.state().outcome).toBe('complete');
    expect(coverageOf(run.state()).sites.map(({ site }) => site)).toEqual([...sites, d]);
  });

  it('takes part from the next run on everywhere else', () => {
    const shut = drive();
    expect(shut.send({ kind: 'approved', site: d })).toEqual([]);
    const late = drive({ participation: { lateJoiners: 'accept' } });
    until(late, 'prepare:scale:1');
    expect(late.send({ kind: 'approved', site: d })).toEqual([]);
    expect(workFor(late.state(), d, hash('head'))).toBeNull();
    expect(late.send({ kind: 'approved', site: a })).toEqual([]);
  });
});

it('too few patients excuse a site while they are counted, and no more once it has trained', () => {
  const run = drive();
  expect(isExcused(run.state(), a, 'CSM-COHORT-SMALL')).toBe(true);
  until(run, 'train:0:1');
  expect(isExcused(run.state(), a, 'CSM-COHORT-SMALL')).toBe(false);
});
