import { describe, expect, it } from 'vitest';
import { apply } from './apply.js';
import { drive, hash, until } from './testing/drive.js';
import { work } from './work.js';

describe('what a strategy keeps from round to round', () => {
  const stages = [
    { name: 'body', rounds: 2 },
    { name: 'head', rounds: 2 },
  ];
  const train = (run: ReturnType<typeof drive>, step: string, kept?: string) => {
    until(run, step);
    for (const site of run.state().sites) run.contribute(site);
    const deed = work(run.state());
    run.fold({ model: hash(`model-${step}`), ...(kept !== undefined && { strategyState: hash(kept) }) });
    return deed?.strategyState;
  };

  it('is what the round before left, through judged rounds, anew in each stage and after a restart', () => {
    const run = drive({ stages });
    expect(train(run, 'train:0:1', 'first')).toBeNull();
    expect(train(run, 'train:0:2', 'second')).toBe(hash('first'));
    // A round whose updates are kept is kept with it, from before and after.
    expect(run.state().kept.at(-1)?.models).toEqual(
      expect.arrayContaining([hash('first'), hash('second'), hash('model-train:0:2')]),
    );
    expect(train(run, 'train:1:1', 'third')).toBeNull();
    expect(run.state().strategyState).toBe(hash('third'));
    expect(run.records.reduce(apply, run.initial)).toEqual(run.state());
    expect(train(run, 'train:1:2')).toBe(hash('third'));
    expect(run.state().strategyState).toBeNull();
  });
});
