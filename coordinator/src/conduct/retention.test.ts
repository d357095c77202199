import { idOf } from '@consilium/shared/contract';
import type { BlobHash } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { currentStep } from '../rounds/index.js';
import { a, b, drive, fault, manifestOf, sites, until } from '../rounds/testing/drive.js';
import { droppedBlobs, leavesBlobs, neededBlobs } from './retention.js';

/** Plays a run with judged rounds and keeps a shelf of blobs as the shell does: put there when made, removed when dropped. */
function shelve(rounds: number, retention: object) {
  const run = drive({ rounds, retention });
  const shelf = new Set<BlobHash>();
  let most = 0;
  const during = (act: () => void): void => {
    const before = run.state();
    act();
    const after = run.state();
    for (const hash of neededBlobs(after)) shelf.add(hash);
    if (leavesBlobs(before, after)) for (const hash of droppedBlobs(before, after)) shelf.delete(hash);
    expect(shelf).toEqual(neededBlobs(after));
    most = Math.max(most, shelf.size);
  };
  // The first judged round stays the best, so that its model is one more.
  for (let loss = 0.1; run.state().phase === 'running'; loss = 0.5) {
    if (currentStep(run.state())!.kind !== 'initial') for (const site of sites) during(() => run.contribute(site));
    during(() => run.fold(run.outputOf(loss)));
  }
  return { most, left: shelf.size };
}

describe('blobs of a run', () => {
  it.each([0, 1, 2, 5])(
    'are bounded when the updates of %i rounds are kept, however many rounds there are',
    (updates) => {
      const short = shelve(8, { updates });
      expect(shelve(150, { updates })).toEqual(short);
      // Contract, preparation, best and newest model, one step's contributions; the kept rounds, and the model before them.
      expect(short.most).toBeLessThanOrEqual(4 + sites.length + updates * (sites.length + 1) + 1);
    },
  );

  it('stay with all updates where the contract says so', () => {
    const { left } = shelve(30, { updates: 'all' });
    expect(left).toBeGreaterThanOrEqual(30 * (sites.length + 1));
  });

  it.each([
    ['prepare:cohort:1', 'stop'],
    ['train:0:3', 'stop'],
    ['train:0:3', 'fold-failed'],
    ['validate:2', 'stop'],
  ] as const)('hold nothing that a site sent for %s once the run is over there, by %s', (step, kind) => {
    const run = drive({ rounds: 3, retention: { updates: 1 } });
    until(run, step);
    const sent = sites.map((site) => manifestOf(run.state(), site).manifest.hash);
    const among = (hashes: Iterable<BlobHash>) => sent.filter((hash) => new Set(hashes).has(hash));
    for (const site of kind === 'stop' ? [a, b] : sites) run.contribute(site);
    const before = run.state();
    expect(among(neededBlobs(before))).toHaveLength(before.accepted.size);
    run.send(kind === 'stop' ? { kind } : { kind, step: idOf(currentStep(before)!), error: fault });
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'failed' });
    expect(among(neededBlobs(run.state()))).toEqual([]);
    expect(among(droppedBlobs(before, run.state()))).toHaveLength(before.accepted.size);
    // What the contract keeps stays.
    expect(run.state().kept.length).toBe(step.startsWith('prepare') ? 0 : 1);
    for (const { updates } of run.state().kept)
      for (const { hash } of updates) expect(neededBlobs(run.state())).toContain(hash);
  });

  it('hold nothing of a hospital that is taken out of the run', () => {
    const run = drive({ retention: { updates: 0 } });
    until(run, 'train:0:1');
    const { hash } = manifestOf(run.state(), a).manifest;
    run.contribute(a);
    const before = run.state();
    run.send({ kind: 'revoked', site: a });
    expect(leavesBlobs(before, run.state())).toBe(true);
    expect(droppedBlobs(before, run.state())).toEqual([hash]);
  });

  it('hold the final reports of those that sent theirs, though the test was stopped', () => {
    const run = drive({ rounds: 1, retention: { updates: 0 } });
    until(run, 'test');
    const { hash } = manifestOf(run.state(), a).manifest;
    run.contribute(a);
    run.send({ kind: 'stop' });
    expect(neededBlobs(run.state())).toContain(hash);
  });
});
