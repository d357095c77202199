import { describe, expect, it } from 'vitest';
import { a, drive, hash, sites, until } from './testing/drive.js';

const stepsKept = (run: ReturnType<typeof drive>) => run.state().kept.map(({ step }) => step);

describe('rounds whose updates are kept', () => {
  it('are the newest two, with the models before and after', () => {
    const run = drive({ rounds: 4 });
    until(run, 'train:0:1');
    expect(run.state().kept).toEqual([]);
    const before = run.state().model;
    run.step();
    const { index } = run.state();
    expect(run.state().kept).toEqual([
      {
        step: 'train:0:1',
        models: [before, run.state().model],
        updates: sites.map((site) => ({ site, hash: hash(`update-${site}-${index - 1}`) })),
      },
    ]);
    until(run, 'train:0:4');
    expect(stepsKept(run)).toEqual(['train:0:2', 'train:0:3']);
    until(run, 'test');
    run.step();
    expect(run.state().phase).toBe('closed');
    expect(stepsKept(run)).toEqual(['train:0:3', 'train:0:4']);
  });

  it.each([
    [0, []],
    [1, ['train:0:3']],
    ['all', ['train:0:1', 'train:0:2', 'train:0:3']],
  ] as const)('are as many as the contract says: %s', (updates, kept) => {
    const run = drive({ rounds: 3, retention: { updates } });
    until(run, 'test');
    expect(stepsKept(run)).toEqual(kept);
  });

  it('hold only the sites that a round was made of', () => {
    const run = drive({ rounds: 1, participation: { quorum: 2 } });
    until(run, 'train:0:1');
    for (const site of sites.slice(1)) run.contribute(site);
    run.send({ kind: 'idle', site: a, idleMs: 700_000 });
    run.fold(run.outputOf());
    expect(run.state().kept[0]?.updates.map(({ site }) => site)).toEqual(sites.slice(1));
  });
});
