import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunId, StepId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaveRun } from './governance/index.js';
import { fakeCoordinator } from './testing/fake-coordinator.js';
import { type TinySite, tinySite } from './testing/tiny-site.js';

describe('a run that the hospital has left', () => {
  let site: TinySite;
  beforeEach(async () => {
    site = await tinySite();
  });
  afterEach(() => site.remove());

  it('is given nothing more: not what was under way, and nothing after a restart', async () => {
    const signed = site.signed({ rounds: 2 });
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    const run = signed.contract.run as RunId;
    const agent = await site.start(coordinator, (trainer) => ({
      ...trainer,
      async run(job, options) {
        const result = await trainer.run(job, options);
        if (job.kind === 'train' && job.round === 1) expect(await leaveRun(site.home.left, run)).toBe(true);
        return result;
      },
    }));
    const declined = await coordinator.until(({ activity }) => activity === 'declined');
    await agent.close();
    expect(declined).toMatchObject({ step: 'train:0:1', error: { code: 'CSM-AGENT-LEFT', details: { run } } });

    expect(await leaveRun(site.home.left, run)).toBe(false);
    coordinator.forgetAgent();
    const next = await site.start(coordinator);
    expect(await coordinator.until(({ activity }) => activity === 'declined')).toMatchObject({ step: 'train:0:1' });
    await next.close();
    expect(next.trainers).toEqual([]);
    expect(coordinator.submitted.has('train:0:1' as StepId)).toBe(false);
  });

  it('is told nothing of the training that goes on when it is left', async () => {
    const signed = site.signed({ localEpochs: 50 });
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    const agent = await site.start(coordinator);
    await coordinator.until(({ activity, progress }) => activity === 'training' && progress !== null);
    await leaveRun(site.home.left, signed.contract.run as RunId);
    const told = await coordinator.until(({ activity, error }) => activity !== 'training' || error !== null);
    const before = coordinator.statuses.length;
    await agent.close();
    expect(told).toMatchObject({ activity: 'declined', progress: null, error: { code: 'CSM-AGENT-LEFT' } });
    expect(coordinator.statuses.slice(before).filter(({ activity }) => activity !== 'declined')).toEqual([]);
    expect(coordinator.submitted.has('train:0:1' as StepId)).toBe(false);
  });

  it('may be any while it cannot be read which they are', async () => {
    const signed = site.signed();
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    await mkdir(join(site.home.left, signed.contract.run), { recursive: true });
    const agent = await site.start(coordinator);
    const troubled = await coordinator.until(({ activity }) => activity === 'troubled');
    await agent.close();
    expect(troubled).toMatchObject({ error: { code: 'CSM-AGENT-DISK', details: { reason: 'EISDIR' } } });
    expect(coordinator.submitted.size).toBe(0);
  });
});
