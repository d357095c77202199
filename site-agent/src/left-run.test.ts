import { writeFile } from 'node:fs/promises';
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
        if (job.kind === 'train' && job.round === 1) expect(await leaveRun(site.home.leftRuns, run)).toBe(true);
        return result;
      },
    }));
    const declined = await coordinator.until(({ activity }) => activity === 'declined');
    await agent.close();
    expect(declined).toMatchObject({ step: 'train:0:1', error: { code: 'CSM-AGENT-LEFT', details: { run } } });

    expect(await leaveRun(site.home.leftRuns, run)).toBe(false);
    coordinator.forgetAgent();
    const next = await site.start(coordinator);
    expect(await coordinator.until(({ activity }) => activity === 'declined')).toMatchObject({ step: 'train:0:1' });
    await next.close();
    expect(next.trainers).toEqual([]);
    expect(coordinator.submitted.has('train:0:1' as StepId)).toBe(false);
  });

  it('may be any while the file that names them cannot be read', async () => {
    const signed = site.signed();
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    await leaveRun(site.home.leftRuns, 'a'.repeat(32) as RunId);
    await writeFile(site.home.leftRuns, '{"format":"consilium-left-runs-1","runs":');
    const agent = await site.start(coordinator);
    const declined = await coordinator.until(({ activity }) => activity === 'declined');
    await agent.close();
    expect(declined).toMatchObject({ error: { code: 'CSM-AGENT-LEFT-RUNS', details: { file: 'left-runs.json' } } });
    expect(coordinator.submitted.size).toBe(0);
  });
});
