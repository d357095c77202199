import { idOf } from '@consilium/shared/contract';
import { describe, expect, it } from 'vitest';
import { apply } from './apply.js';
import { coverageOf } from './coverage.js';
import { currentStage, currentStep } from './state.js';
import { a, b, c, drive, hash, sites, until } from './testing/drive.js';
import { work, workFor } from './work.js';

const two = [
  { name: 'body', rounds: 2 },
  { name: 'head', rounds: 3, choose: 'accuracy' as const },
];

/** Steps of a run to its end; `losses` by step. */
function through(run: ReturnType<typeof drive>, losses: Readonly<Record<string, number>> = {}): readonly string[] {
  const seen: string[] = [];
  while (run.state().phase === 'running') {
    const id = idOf(currentStep(run.state())!);
    seen.push(id);
    run.step(sites, losses[id]);
  }
  return seen;
}

describe('a run of two stages', () => {
  it('starts the second from the best model of the first and its frozen part, and judges it by its own rule', () => {
    const run = drive({ stages: two });
    while (idOf(currentStep(run.state())!) !== 'initial:1') {
      run.step(sites, { 'validate:1': 0.2, 'validate:2': 0.4 }[idOf(currentStep(run.state())!) as string]);
    }
    const { best } = run.state();
    expect(best?.round).toBe(1);
    expect(work(run.state())).toMatchObject({ id: 'initial:1', model: best?.model, frozen: null, contributions: [] });
    expect(workFor(run.state(), a, hash('head'))).toBeNull();
    run.fold({ model: hash('second'), frozen: hash('frozen') });
    expect(run.state()).toMatchObject({ best: null, model: hash('second'), frozen: hash('frozen') });
    expect(workFor(run.state(), a, hash('head'))).toMatchObject({ step: 'train:1:1', frozen: hash('frozen') });
    expect(currentStage(run.state())?.name).toBe('head');
    expect(through(run, { 'validate:1:1': 0.9, 'validate:1:2': 0.3, 'validate:1:3': 0.5 }).at(-1)).toBe('test');
    expect(run.state()).toMatchObject({ outcome: 'complete', frozen: hash('frozen'), best: { round: 2, value: 0.7 } });
    expect(coverageOf(run.state()).sites[0]).toMatchObject({ asked: 13, contributed: 13 });
    expect(run.records.reduce(apply, run.initial)).toEqual(run.state());
  });

  it('has no frozen part that the second stage did not name', () => {
    const run = drive({ stages: two });
    until(run, 'initial');
    run.fold({ model: hash('first'), frozen: hash('first-frozen') });
    until(run, 'initial:1');
    expect(work(run.state())?.frozen).toBe(hash('first-frozen'));
    run.fold({ model: hash('second') });
    expect(workFor(run.state(), a, hash('head'))).not.toHaveProperty('frozen');
  });
});

describe('a stage with patience', () => {
  it('ends when so many judged rounds have brought nothing better, and the next one begins', () => {
    const stages = [
      { name: 'body', rounds: 5, earlyStop: { patience: 2 } },
      { name: 'head', rounds: 1 },
    ];
    const run = drive({ stages });
    const losses = { 'validate:1': 0.5, 'validate:2': 0.3, 'validate:3': 0.3, 'validate:4': 0.4 };
    const seen = through(run, losses);
    expect(seen.slice(3)).toEqual([
      ...['train:0:1', 'validate:1', 'train:0:2', 'validate:2', 'train:0:3', 'validate:3', 'train:0:4', 'validate:4'],
      ...['initial:1', 'train:1:1', 'validate:1:1', 'test'],
    ]);
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'complete' });
    expect(run.records.reduce(apply, run.initial)).toEqual(run.state());
  });

  it('goes on to the test where it is the last, also from a run file without stages', () => {
    const run = drive({ rounds: 4, training: { earlyStop: { patience: 1 } } });
    expect(through(run, { 'validate:1': 0.5, 'validate:2': 0.6 }).slice(-3)).toEqual([
      'train:0:2',
      'validate:2',
      'test',
    ]);
    expect(run.state().best?.round).toBe(1);
  });

  it('takes a round that nobody could judge for one without improvement', () => {
    const run = drive({ rounds: 4, training: { earlyStop: { patience: 2 } } });
    until(run, 'validate:1');
    for (const id of ['validate:1', 'validate:2']) {
      until(run, id);
      for (const site of sites) run.contribute(site);
      run.fold({});
    }
    expect(idOf(currentStep(run.state())!)).toBe('test');
  });

  it('waits for the lead before the first round of the next stage in a run step by step', () => {
    const stages = [{ name: 'body', rounds: 3, earlyStop: { patience: 1 } }, { name: 'head' }];
    const run = drive({ stages }, true);
    const losses: Readonly<Record<string, number>> = { 'validate:1': 0.5, 'validate:2': 0.6 };
    while (currentStep(run.state())!.kind !== 'initial' || run.state().history.length < 4) {
      if (run.state().pausedBy === 'stepwise') run.send({ kind: 'next' });
      else run.step(sites, losses[idOf(currentStep(run.state())!)]);
    }
    expect(idOf(currentStep(run.state())!)).toBe('initial:1');
    run.step();
    expect(run.state().pausedBy).toBe('stepwise');
  });
});

describe('the local tensors that a site goes on from', () => {
  const carried = (run: ReturnType<typeof drive>, site = a) =>
    workFor(run.state(), site, hash('head'))?.carried ?? null;

  it('are those of the newest round of the stage that the site had a part in', () => {
    const run = drive({ stages: two, participation: { quorum: 2 } });
    until(run, 'train:0:1');
    expect(carried(run)).toBeNull();
    for (const site of [a, b]) run.contribute(site);
    run.send({ kind: 'idle', site: c, idleMs: 600_000 });
    run.fold({ model: hash('one') });
    expect(idOf(currentStep(run.state())!)).toBe('validate:1');
    expect([carried(run), carried(run, c)]).toEqual(['train:0:1', null]);
    run.send({ kind: 'progress', site: c });
    until(run, 'validate:2');
    expect([carried(run), carried(run, c)]).toEqual(['train:0:2', 'train:0:2']);
    until(run, 'train:1:1');
    expect([carried(run), carried(run, c)]).toEqual(['train:0:1', null]);
  });

  it('are, where a stage begins, those of the round that the one before handed over', () => {
    const run = drive({ stages: two });
    while (idOf(currentStep(run.state())!) !== 'train:1:1') {
      const id: string = idOf(currentStep(run.state())!);
      run.step(sites, { 'validate:1': 0.2, 'validate:2': 0.5 }[id]);
    }
    expect(carried(run)).toBe('train:0:1');
    run.step();
    expect(carried(run)).toBe('train:1:1');
  });

  it('are those of the chosen round in the test', () => {
    const run = drive({ stages: two });
    while (idOf(currentStep(run.state())!) !== 'test') {
      const id: string = idOf(currentStep(run.state())!);
      run.step(sites, { 'validate:1:1': 0.5, 'validate:1:2': 0.2, 'validate:1:3': 0.4 }[id]);
    }
    expect(carried(run)).toBe('train:1:2');
  });

  it('are those of the last round where none is judged', () => {
    const run = drive({ validation: { share: 0 } });
    until(run, 'test');
    expect(carried(run)).toBe('train:0:2');
  });
});
