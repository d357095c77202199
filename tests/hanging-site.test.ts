import type { RunView } from '@consilium/coordinator/conduct';
import { startCoordinator } from '@consilium/coordinator/coordinator';
import { type Clock, systemClock } from '@consilium/shared/wire';
import { describe, expect, it } from 'vitest';
import { openConsortium } from './harness/consortium.js';
import { createGate } from './harness/gate.js';
import { honest } from './harness/light-site.js';

const hangs = 'hospital-c';
const training = { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } };
const accepted = ({ sites }: RunView) => sites.filter(({ standing }) => standing === 'accepted').length;
const of = ({ sites }: RunView) => sites.find(({ site }) => site === hangs);

/** The time of this machine, and what a test adds to it. */
function hurriedClock(): Clock & { hurry(ms: number): void } {
  let aheadMs = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    hurry(ms) {
      aheadMs += ms;
    },
  };
}

/** A consortium of three at its first round: two have answered, and the third, connected and approved, says nothing any more. */
async function atTheHang(onShortfall: string) {
  const clock = hurriedClock();
  const consortium = await openConsortium({ start: (options) => startCoordinator(options, { clock }) });
  const gate = createGate();
  for (const name of ['hospital-a', 'hospital-b', hangs]) {
    await consortium.join(name, {
      contribute: async (task) => {
        if (name === hangs && task.work.step === 'train:0:1') await gate.opened;
        return honest(task);
      },
    });
  }
  const participation = { idleLimit: '20s', onShortfall };
  const { run } = await consortium.lead.launch(consortium.lead.contract({ training, participation }));
  await consortium.until(run, (view) => view.step === 'train:0:1' && accepted(view) === 2);
  /** Lets time go by until the run has something to say. */
  const hurryUntil = (wanted: (view: RunView) => boolean) =>
    consortium.until(
      run,
      (view) => {
        if (wanted(view)) return true;
        clock.hurry(1_000);
        return false;
      },
      120_000,
    );
  return {
    ...{ run, consortium, gate, hurryUntil },
    async [Symbol.asyncDispose]() {
      gate.open();
      await consortium[Symbol.asyncDispose]();
    },
  };
}

describe('an approved site that hangs, connected and silent', () => {
  it('is waited for under wait, and named with the time since it was heard', async () => {
    await using at = await atTheHang('wait');
    const paused = await at.hurryUntil(({ phase }) => phase === 'paused');
    expect(paused).toMatchObject({ pausedBy: 'participation', error: { code: 'CSM-RUN-QUORUM' } });
    expect(of(paused)).toMatchObject({ connected: true, standing: 'absent', error: { code: 'CSM-RUN-SITE-IDLE' } });
    const { seconds, heard } = of(paused)?.error?.details ?? {};
    expect(Number(seconds)).toBeGreaterThanOrEqual(20);
    // Its agent is alive and says the same again and again.
    expect(heard).toEqual(expect.any(Number));
    expect(of(paused)?.heardSecondsAgo).toEqual(expect.any(Number));
    at.gate.open();
    const end = await at.consortium.until(at.run, ({ phase }) => phase === 'closed');
    expect(end.outcome).toBe('complete');
  });

  it('is gone on without under degrade, and the end says so', async () => {
    await using at = await atTheHang('degrade');
    const end = await at.hurryUntil(({ phase }) => phase === 'closed');
    expect(end).toMatchObject({ outcome: 'degraded', error: null });
    expect(of(end)).toMatchObject({ connected: true, error: { code: 'CSM-RUN-SITE-IDLE' } });
    const gap = end.coverage.sites.find(({ site }) => site === hangs);
    expect(gap).toMatchObject({ contributed: 2, asked: 5, missing: [{ since: 'train:0:1', excused: false }] });
  });

  it('ends the run under fail, with the cause', async () => {
    await using at = await atTheHang('fail');
    const end = await at.hurryUntil(({ phase }) => phase === 'closed');
    expect(end).toMatchObject({ outcome: 'failed', error: { code: 'CSM-RUN-QUORUM' } });
    expect(of(end)).toMatchObject({ connected: true, error: { code: 'CSM-RUN-SITE-IDLE' } });
  });
});
