import { contractHash } from '@consilium/shared/contract';
import { createIdentity } from '@consilium/shared/crypto';
import type { SiteId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keeperOf } from '../home/index.js';
import { currentStepId, type StepOutput } from '../rounds/index.js';
import { a, b, c, drive, hash, manifestOf, sites } from '../rounds/testing/drive.js';
import { openSqliteStore } from '../store/index.js';
import { type Conductor, type ConductorOptions, openConductor } from './conductor.js';
import { slowStore } from './testing/slow-store.js';

const { contract } = drive().initial;

const keeper = keeperOf(createIdentity());

function withResolvers<Value>() {
  let resolve: (value: Value) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<Value>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

describe('a run', () => {
  let slow: ReturnType<typeof slowStore>;
  let run: Conductor;

  const open = (changes: Partial<ConductorOptions> = {}) =>
    openConductor({
      contract,
      signedContract: '{}',
      store: slow.store,
      keeper: () => ({ ...keeper, cameBy: null }),
      now: () => new Date(0),
      fold: () => new Promise(() => {}),
      onChange: () => {},
      onFault: () => {},
      discard: async () => {},
      ...changes,
    });
  const contribute = (site = a) =>
    run.send({ kind: 'contribution', site, contribution: manifestOf(run.state, site), error: null });

  beforeEach(async () => {
    slow = slowStore(await openSqliteStore({ file: ':memory:' }));
    run = await open();
    const launch = { kind: 'launch', contractHash: contractHash(contract), contractBlob: hash('blob') } as const;
    await run.send({ ...launch, sites, stepwise: false });
    slow.appended.length = 0;
  });
  afterEach(() => slow.store.close());

  it('journals in one transaction the contributions that came while the one before was written', async () => {
    slow.hold();
    const first = contribute(a);
    await Promise.resolve();
    await Promise.resolve();
    const others = [contribute(b), contribute(c)];
    slow.letGo();
    expect((await first).accepted.size).toBe(1);
    // Each is told of the run as it stands right after its own.
    expect((await Promise.all(others)).map(({ accepted, stepPhase }) => [accepted.size, stepPhase])).toEqual([
      [2, 'open'],
      [3, 'folding'],
    ]);
    // The last one also closes the step.
    expect(slow.appended).toEqual([1, 3]);
    const again = await open();
    expect(again.state).toEqual(run.state);
    expect(again.head).toBe(run.head);
  });

  it('journals together, too, what many sites did or left undone in one second', async () => {
    slow.hold();
    const first = contribute(a);
    await Promise.resolve();
    await Promise.resolve();
    const idle = (site: SiteId) => run.send({ kind: 'idle', site, idleMs: 86_400_000 });
    const others = [idle(b), idle(c), run.send({ kind: 'progress', site: b }), contribute(b)];
    slow.letGo();
    await Promise.all([first, ...others]);
    expect(slow.appended).toHaveLength(2);
    expect([...run.state.accepted.keys()]).toEqual([a, b]);
    expect([...run.state.absent.keys()]).toEqual([c]);
  });

  it('keeps what the lead says apart from them', async () => {
    const done = [contribute(a), run.send({ kind: 'pause' }), contribute(b)];
    await Promise.all(done);
    expect(slow.appended).toEqual([1, 1, 1]);
    expect(run.state).toMatchObject({
      phase: 'paused',
      accepted: new Map([a, b].map((one) => [one, expect.anything()])),
    });
  });

  it('takes none of them when their transaction fails, and each when it comes again', async () => {
    slow.hold();
    const together = [contribute(a), contribute(b)];
    slow.letGo(new Error('no room'));
    expect(await Promise.allSettled(together)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect(run.state.accepted.size).toBe(0);
    slow.letGo();
    await Promise.all([contribute(a), contribute(b)]);
    expect(run.state.accepted.size).toBe(2);
    expect(slow.appended).toEqual([2]);
  });

  it('goes on with a fold that was cut off once it is told to begin, and not while others are still being opened', async () => {
    await Promise.all([contribute(a), contribute(b), contribute(c)]);
    const begun: string[] = [];
    const again = await open({
      fold: (deed) => {
        begun.push(deed.id);
        return new Promise(() => {});
      },
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([]);
    again.begin();
    expect(begun).toEqual([currentStepId(run.state)]);
    expect(run.state.stepPhase).toBe('folding');
  });

  describe('that is stopped while it is folded', () => {
    const made = { preparation: hash('late') };
    const faults: unknown[] = [];
    const discarded: unknown[] = [];
    let fold: ReturnType<typeof withResolvers<StepOutput>>;
    let signal: AbortSignal;

    beforeEach(async () => {
      faults.length = 0;
      discarded.length = 0;
      fold = withResolvers();
      const began = withResolvers<AbortSignal>();
      run = await open({
        fold: (_deed, _contract, own) => {
          began.resolve(own);
          return fold.promise;
        },
        onFault: (thrown) => faults.push(thrown),
        discard: async (hashes) => {
          discarded.push(...hashes);
        },
      });
      await Promise.all(sites.map(contribute));
      signal = await began.promise;
    });

    it('folds no further, and is none the worse for it', async () => {
      expect(signal.aborted).toBe(false);
      const after = await run.send({ kind: 'stop' });
      expect(signal.aborted).toBe(true);
      fold.reject(signal.reason);
      await run.close();
      expect(run.state).toEqual(after);
      expect([faults, discarded, run.trouble]).toEqual([[], [], null]);
    });

    it('keeps nothing of what came out in spite of that', async () => {
      await run.send({ kind: 'stop' });
      fold.resolve(made);
      await run.close();
      expect([discarded, faults]).toEqual([[made.preparation], []]);
    });

    it('keeps nothing of what came out in the same moment', async () => {
      slow.hold();
      const stopped = run.send({ kind: 'stop' });
      await new Promise(setImmediate);
      fold.resolve(made);
      await new Promise(setImmediate);
      slow.letGo();
      await stopped;
      await run.close();
      expect(run.state.history).toEqual([]);
      expect(discarded).toEqual([made.preparation]);
    });

    it('keeps what came out before', async () => {
      fold.resolve(made);
      while (run.state.preparation === null) await new Promise(setImmediate);
      await run.send({ kind: 'stop' });
      await run.close();
      expect([discarded, faults]).toEqual([[], []]);
    });
  });
});
