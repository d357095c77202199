import type { StepId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { a, b, c, drive, fault, until } from './testing/drive.js';

const training = { strategy: { name: 'trimmed-mean', faulty: 1 } };
const participation = { quorum: 2 };

describe('a round whose strategy needs more sites than the quorum', () => {
  const oneAway = () => {
    const run = drive({ training, participation });
    until(run, 'train:0:1');
    for (const site of [a, b]) run.contribute(site);
    return run;
  };

  it('waits for one that may come back, says for what, and goes on with it', () => {
    const run = oneAway();
    run.send({ kind: 'idle', site: c, idleMs: 700_000 });
    expect(run.state()).toMatchObject({
      ...{ phase: 'paused', pausedBy: 'participation' },
      error: { code: 'CSM-RUN-STRATEGY-SITES', details: { sites: 2, needed: 3, strategy: 'trimmed-mean' } },
    });
    run.send({ kind: 'progress', site: c });
    run.contribute(c);
    expect(run.state()).toMatchObject({ phase: 'running', stepPhase: 'folding' });
  });

  it('ends where nobody can come back', () => {
    const run = oneAway();
    run.send({ kind: 'declined', site: c, step: 'train:0:1' as StepId, excused: false, error: fault });
    expect(run.state()).toMatchObject({ outcome: 'failed', error: { code: 'CSM-RUN-STRATEGY-SITES' } });
  });

  it('judges with fewer', () => {
    const run = drive({ training, participation });
    until(run, 'validate:1');
    for (const site of [a, b]) run.contribute(site);
    run.send({ kind: 'idle', site: c, idleMs: 700_000 });
    expect(run.state()).toMatchObject({ phase: 'running', stepPhase: 'folding' });
  });
});
