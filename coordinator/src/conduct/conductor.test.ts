import { contractHash } from '@consilium/shared/contract';
import { createIdentity } from '@consilium/shared/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keeperOf } from '../home/index.js';
import { currentStepId } from '../rounds/index.js';
import { a, b, c, drive, hash, manifestOf, sites } from '../rounds/testing/drive.js';
import { openSqliteStore } from '../store/index.js';
import { type Conductor, type Fold, openConductor } from './conductor.js';
import { slowStore } from './testing/slow-store.js';

const { contract } = drive().initial;

const keeper = keeperOf(createIdentity());

describe('a run', () => {
  let slow: ReturnType<typeof slowStore>;
  let run: Conductor;

  const open = (fold: Fold = () => new Promise(() => {})) =>
    openConductor({
      contract,
      signedContract: '{}',
      store: slow.store,
      keeper: () => ({ ...keeper, cameBy: null }),
      now: () => new Date(0),
      fold,
      onChange: () => {},
      onFault: () => {},
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
    const again = await open((deed) => {
      begun.push(deed.id);
      return new Promise(() => {});
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([]);
    again.begin();
    expect(begun).toEqual([currentStepId(run.state)]);
    expect(run.state.stepPhase).toBe('folding');
  });
});
