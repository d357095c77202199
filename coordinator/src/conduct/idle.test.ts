import type { BlobHash, RunId, SiteId, StepId } from '@consilium/shared/ids';
import type { SiteStatus } from '@consilium/shared/wire';
import { describe, expect, it } from 'vitest';
import { workFor } from '../rounds/index.js';
import { a, b, c, drive, hash, until } from '../rounds/testing/drive.js';
import { presenceBoard } from './presence.js';
import { type SiteDeskOptions, siteDesk } from './site-desk.js';

const second = 1_000;
const step = 'train:0:1' as StepId;
const base: Omit<SiteStatus, 'run' | 'step' | 'activity' | 'progress'> = {
  ...{ type: 'status', instance: 'a'.repeat(16), version: '1', node: 'v20', backend: null, error: null },
};

/** A run at its first round with two of three sites done, and the clock in the test's hand. */
function awaiting(participation: object = {}) {
  const run = drive({ participation: { idleLimit: '60s', ...participation } });
  until(run, step);
  run.contribute(a);
  run.contribute(b);
  let nowMs = 0;
  const presence = presenceBoard(() => nowMs);
  const id: RunId = run.state().contract.run;
  const conductor = {
    head: hash('head'),
    get state() {
      return run.state();
    },
    send: async (input: Parameters<typeof run.send>[0]) => {
      run.send(input);
      return run.state();
    },
  };
  const runs = { open: () => [conductor], find: () => conductor, touched: () => {} };
  const desk = siteDesk({
    ...({ runs, presence, onFault: expect.fail } as unknown as SiteDeskOptions),
    keyOf: () => null,
  });
  const say = (status: Partial<SiteStatus> & Pick<SiteStatus, 'activity'>, site: SiteId = c) =>
    desk.heard(site, { ...base, run: id, step, progress: null, ...status });
  /** Time goes by, told in ticks of a second, with a word of the site after each of them. */
  const pass = (seconds: number, word: (second: number) => void = () => {}) => {
    for (let gone = 1; gone <= seconds; gone++) {
      nowMs += second;
      desk.tick(second);
      word(gone);
    }
  };
  desk.tick(second);
  const absence = () => run.state().absent.get(c);
  return { run, desk, id, say, pass, absence, conductor };
}

describe('the idle limit', () => {
  it.each([
    [
      'batches',
      (at: ReturnType<typeof awaiting>) => (done: number) =>
        at.say({ activity: 'training', progress: { done, total: 999, unit: 'batches', epoch: 1 } }),
    ],
    [
      'epochs',
      (at: ReturnType<typeof awaiting>) => (epoch: number) =>
        at.say({ activity: 'training', progress: { done: 1, total: 9, unit: 'batches', epoch } }),
    ],
    [
      'bytes that come in or go out',
      (at: ReturnType<typeof awaiting>) => (offset: number) =>
        at.desk.moved(c, { run: at.id, step, hash: hash('blob'), offset }),
    ],
  ])('is extended by %s, for as long as they come', (_, wordOf) => {
    const at = awaiting();
    at.pass(300, wordOf(at));
    expect(at.absence()).toBeUndefined();
    at.pass(61);
    expect(at.absence()).toMatchObject({ until: 'heard', step });
  });

  it('is not extended by a connected agent that says the same again and again, which is named with when it was heard', () => {
    const at = awaiting();
    const word = () => at.say({ activity: 'training', progress: { done: 7, total: 9, unit: 'batches', epoch: 1 } });
    word();
    at.pass(58, word);
    expect(at.absence()).toBeUndefined();
    at.pass(5, word);
    expect(at.absence()?.error).toEqual({
      code: 'CSM-RUN-SITE-IDLE',
      details: { site: c, seconds: 60, step, heard: 1 },
    });
    expect(at.run.state()).toMatchObject({ phase: 'paused', pausedBy: 'participation' });
  });

  it('is told to the run once while its journal takes long', () => {
    const at = awaiting();
    const inputs: string[] = [];
    at.conductor.send = ({ kind }) => {
      inputs.push(kind);
      return new Promise(() => {});
    };
    at.pass(90);
    expect(inputs).toEqual(['idle']);
  });

  it('is not extended by a silent one', () => {
    const at = awaiting();
    at.say({ activity: 'training' });
    at.pass(63);
    expect(at.absence()?.error.details).toMatchObject({ seconds: 60, heard: 61 });
  });

  it('is not extended by trying again what fails, nor by the same bytes again', () => {
    const at = awaiting();
    at.pass(70, (count) => {
      at.say({ activity: count % 2 === 0 ? 'troubled' : 'fetching' });
      at.desk.moved(c, { run: at.id, step, hash: hash('model'), offset: 1_000 * (count % 2) });
    });
    expect(at.absence()).toMatchObject({ error: { code: 'CSM-RUN-SITE-IDLE' } });
  });

  it('is not extended by an agent that reconnects, whoever it says that it is', () => {
    const at = awaiting();
    at.say({ activity: 'training' });
    at.pass(70, (count) => {
      const instance = (count % 2 === 0 ? 'b' : 'c').repeat(16);
      at.say({ activity: 'idle', run: null, step: null, instance });
      at.say({ activity: 'training', instance });
    });
    expect(at.absence()).toMatchObject({ error: { code: 'CSM-RUN-SITE-IDLE' } });
  });

  it('is extended by training that is done again a few times, not by an agent that crashes in it for ever', () => {
    const at = awaiting();
    const crashEvery = 40;
    let lasted = 0;
    at.pass(20 * crashEvery, (count) => {
      const done = (count - 1) % crashEvery;
      const instance = Math.floor((count - 1) / crashEvery)
        .toString(16)
        .padStart(16, '0');
      if (done === 0) at.say({ activity: 'fetching', instance });
      at.say({ activity: 'training', instance, progress: { done, total: 99, unit: 'batches', epoch: 1 } });
      if (at.absence() === undefined) lasted = count;
    });
    expect(lasted).toBeGreaterThan(3 * crashEvery + 60);
    expect(lasted).toBeLessThan(6 * crashEvery);
    expect(at.absence()).toMatchObject({ until: 'heard', error: { code: 'CSM-RUN-SITE-IDLE' } });
    at.say({ activity: 'training', progress: { done: crashEvery, total: 99, unit: 'batches', epoch: 1 } });
    expect(at.absence()).toBeUndefined();
  });

  it('is not extended by what a site says of another step', () => {
    const at = awaiting();
    at.pass(70, (done) => at.say({ activity: 'training', step: `train:0:${2 + done}` as StepId }));
    expect(at.absence()).toMatchObject({ error: { code: 'CSM-RUN-SITE-IDLE' } });
  });

  it('does not run while the run is paused', () => {
    const at = awaiting();
    at.run.send({ kind: 'pause' });
    at.pass(500);
    at.run.send({ kind: 'resume' });
    at.pass(30);
    expect(at.absence()).toBeUndefined();
  });
});

describe('a site that is back', () => {
  it('is asked for the open step again at its first progress, and what it had finished counts', () => {
    const at = awaiting();
    at.pass(62);
    expect(at.run.state().phase).toBe('paused');
    expect(workFor(at.run.state(), c, hash('head') as BlobHash)).toMatchObject({ step, verdict: null });
    at.say({ activity: 'uploading' });
    expect(at.run.state().phase).toBe('running');
    at.run.contribute(c);
    expect(at.run.state().stepPhase).toBe('folding');
  });

  it('after it declined the step comes back by working at it, not by its heartbeat', () => {
    const at = awaiting({ onShortfall: 'wait' });
    const error = { code: 'CSM-TRAINER-CRASHED', details: {} };
    at.say({ activity: 'declined', error });
    expect(at.absence()).toMatchObject({ until: 'step', error });
    at.say({ activity: 'declined', error, instance: 'b'.repeat(16) });
    expect(at.absence()).toMatchObject({ until: 'step' });
    at.say({ activity: 'training', instance: 'b'.repeat(16) });
    expect(at.absence()).toBeUndefined();
    expect(at.run.state().phase).toBe('running');
  });

  it('and declined the step again and again is waited for no more, but what it hands in counts', () => {
    const at = awaiting({ onShortfall: 'wait' });
    const error = { code: 'CSM-TRAINER-CRASHED', details: {} };
    const before = at.run.records.length;
    for (let done = 1; done <= 100; done++) {
      at.say({ activity: 'declined', error });
      at.say({ activity: 'training', progress: { done, total: 999, unit: 'batches', epoch: 1 } });
    }
    const told = at.run.records.slice(before).filter(({ type }) => type === 'site-left' || type === 'site-returned');
    expect(told).toHaveLength(7);
    expect(at.absence()).toMatchObject({ until: 'step', error });
    expect(at.run.state().phase).toBe('paused');
    at.run.contribute(c);
    expect(at.run.state().stepPhase).toBe('folding');
    at.run.fold(at.run.outputOf());
    expect(at.absence()).toBeUndefined();
  });
});
