import type { StepId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { coverageOf } from './coverage.js';
import { a, b, c, drive, fault, hash, manifestOf, sites, until } from './testing/drive.js';
import { work, workFor } from './work.js';

describe('a site that stays away', () => {
  const limitMs = 600_000;

  it('pauses the run with the cause when every site is needed, and its return resumes it', () => {
    const run = drive();
    until(run, 'train:0:1');
    run.contribute(a);
    run.contribute(b);
    expect(run.send({ kind: 'idle', site: c, idleMs: limitMs - 1 })).toEqual([]);
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    expect(run.state()).toMatchObject({
      phase: 'paused',
      pausedBy: 'participation',
      error: { code: 'CSM-RUN-QUORUM' },
    });
    run.send({ kind: 'progress', site: c });
    expect(run.state().phase).toBe('running');
    run.contribute(c);
    expect(run.state().stepPhase).toBe('folding');
  });

  it('is gone without when the quorum allows it, costs one idle limit only, and the run ends degraded', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'train:0:1');
    run.contribute(a);
    run.contribute(b);
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    expect(run.state().stepPhase).toBe('folding');
    run.fold(run.outputOf());
    while (run.state().phase === 'running') run.step([a, b]);
    expect(run.state().outcome).toBe('degraded');
    const absent = coverageOf(run.state()).sites.find(({ site }) => site === c);
    expect(absent?.missing).toMatchObject([{ since: 'train:0:1', error: { code: 'CSM-RUN-SITE-IDLE' } }]);
    expect(coverageOf(run.state()).sampleShare?.least).toBeCloseTo(0.4, 12);
  });

  it('is out for good when it has left by its own word: asked no more, and told as one stretch with that reason', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'train:0:1');
    run.contribute(a);
    run.contribute(b);
    const error = { ...fault, code: 'CSM-AGENT-LEFT' };
    run.send({ kind: 'declined', site: c, step: 'train:0:1' as StepId, excused: false, error });
    expect(run.state().absent.get(c)).toMatchObject({ until: 'run', error });
    run.send({ kind: 'progress', site: c });
    expect(workFor(run.state(), c, hash('journal'))).toBeNull();
    run.fold(run.outputOf());
    while (run.state().phase === 'running') run.step([a, b]);
    expect(run.state().outcome).toBe('degraded');
    const absent = coverageOf(run.state()).sites.find(({ site }) => site === c);
    expect(absent?.missing).toMatchObject([{ since: 'train:0:1', error: { code: 'CSM-AGENT-LEFT' } }]);
  });

  it('ends the run when it has left by its own word and the contract needs it', () => {
    const run = drive({ participation: { required: [c] } });
    until(run, 'train:0:1');
    const error = { ...fault, code: 'CSM-AGENT-LEFT' };
    run.send({ kind: 'declined', site: c, step: 'train:0:1' as StepId, excused: false, error });
    run.contribute(a);
    run.contribute(b);
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'failed' });
  });

  it('is missing for the reason its contribution was refused for', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'train:0:1');
    run.send({ kind: 'contribution', site: c, contribution: manifestOf(run.state(), c), error: fault });
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    expect(run.state().absent.get(c)).toMatchObject({ until: 'heard', error: fault });
  });

  it('is out for good when the cohort is folded without its sample count', () => {
    const run = drive({ participation: { quorum: 2 } });
    run.contribute(a);
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    expect(run.state().absent.get(c)).toMatchObject({ until: 'heard' });
    run.contribute(b);
    expect(run.state().stepPhase).toBe('folding');
    run.send({ kind: 'progress', site: c });
    expect(run.state().absent.get(c)).toMatchObject({ until: 'run', error: { code: 'CSM-RUN-SITE-IDLE' } });
    expect(workFor(run.state(), c, hash('journal'))).toBeNull();
  });

  it('may still hand in before the fold', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'train:0:1');
    run.contribute(a);
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    run.contribute(c);
    expect(run.state().absent.has(c)).toBe(false);
  });

  it('stops the fold when the contract requires it or its samples', () => {
    for (const participation of [
      { quorum: 1, required: ['hospital-c'] },
      { quorum: 1, minimumSampleShare: 0.5 },
    ]) {
      const run = drive({ participation });
      until(run, 'train:0:1');
      run.contribute(a);
      run.contribute(b);
      run.send({ kind: 'idle', site: c, idleMs: limitMs });
      expect(run.state()).toMatchObject({ phase: 'paused', pausedBy: 'participation' });
    }
  });
});

describe('a site that declines or is revoked', () => {
  it('leaves the run when it cannot prepare; excused by the contract it does not degrade the run', () => {
    for (const excused of [true, false]) {
      const run = drive();
      run.contribute(a);
      run.contribute(b);
      run.send({ kind: 'declined', site: c, step: 'prepare:cohort:1' as StepId, excused, error: fault });
      run.fold(run.outputOf());
      expect(workFor(run.state(), c, hash('head'))).toBeNull();
      while (run.state().phase === 'running') run.step([a, b]);
      expect(run.state().outcome).toBe(excused ? 'complete' : 'degraded');
    }
  });

  it('ends the run when nobody is left', () => {
    const run = drive();
    for (const site of sites) {
      run.send({ kind: 'declined', site, step: 'prepare:cohort:1' as StepId, excused: true, error: fault });
    }
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'failed', error: { code: 'CSM-RUN-QUORUM' } });
  });

  it('takes a revoked site and its contribution out of the open step', () => {
    const run = drive();
    until(run, 'train:0:1');
    run.contribute(c);
    run.send({ kind: 'revoked', site: c });
    expect(run.state().accepted.has(c)).toBe(false);
    run.contribute(a);
    run.contribute(b);
    expect(work(run.state())?.contributions.map(({ site }) => site)).toEqual([a, b]);
  });

  it('leaves a fold that has begun as it is when a site is revoked, so that it can be done again', () => {
    const run = drive();
    until(run, 'train:0:1');
    for (const site of sites) run.contribute(site);
    const before = work(run.state());
    run.send({ kind: 'revoked', site: c });
    expect(work(run.state())).toEqual(before);
    run.fold(run.outputOf());
    expect(run.state().absent.get(c)).toMatchObject({ until: 'run' });
    run.contribute(a);
    run.contribute(b);
    expect(work(run.state())?.contributions.map(({ site }) => site)).toEqual([a, b]);
  });
});
