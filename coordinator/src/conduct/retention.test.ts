import type { BlobHash } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { currentStep } from '../rounds/index.js';
import { drive, sites } from '../rounds/testing/drive.js';
import { droppedBlobs, neededBlobs } from './retention.js';

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
    for (const hash of droppedBlobs(before, after)) shelf.delete(hash);
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
});
