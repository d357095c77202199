import { describe, expect, it } from 'vitest';
import { apply } from './apply.js';
import { drive, hash, until } from './testing/drive.js';
import { deedOf, work, workFor } from './work.js';

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

  it.each([
    ['scaffold', 'first'],
    ['fedavgm', undefined],
  ])('goes to the sites under %s in the rounds alone that train by it: %s', (name, seen) => {
    const training = { rounds: 2, optimizer: { name: 'sgd', rate: 0.1 }, strategy: { name } };
    const run = drive({ training });
    const given = (step: string) => {
      until(run, step);
      const [site] = run.state().sites;
      return workFor(run.state(), site!, hash('journal'))?.control;
    };
    expect(given('train:0:1')).toBeUndefined();
    train(run, 'train:0:1', 'first');
    expect(given('validate:1')).toBeUndefined();
    expect(given('train:0:2')).toBe(seen && hash(seen));
  });

  it('is folded with the samples of all sites, those that stay away among them', () => {
    const run = drive({});
    until(run, 'train:0:1');
    const [first, ...others] = run.state().sites;
    for (const site of others) run.contribute(site);
    const signed = Object.fromEntries(run.state().samples);
    expect(Object.keys(signed)).toContain(first);
    expect(Object.fromEntries(deedOf(run.state())!.samples)).toEqual(signed);
  });
});
