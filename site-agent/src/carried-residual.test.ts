import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coded } from '@consilium/shared/errors';
import type { BlobHash, StepId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeCoordinator, fakeCoordinator } from './testing/fake-coordinator.js';
import { lateClock } from './testing/late-clock.js';
import { type TinySite, tinySite } from './testing/tiny-site.js';
import type { Trainer } from './trainer/index.js';

const step = (text: string) => text as StepId;
const int8 = '{ codec: int8 }';
const training = ['train:0:1', 'train:0:2', 'train:0:3'];

describe('what coding lost', () => {
  let site: TinySite;
  beforeEach(async () => {
    site = await tinySite();
  });
  afterEach(() => site.remove());

  const toTheEnd = async (own: TinySite, coordinator: FakeCoordinator): Promise<readonly BlobHash[]> => {
    const agent = await own.start(coordinator);
    await coordinator.until(({ activity }) => activity === 'idle');
    await agent.close();
    return training.map((name) => coordinator.submitted.get(step(name))!.at(-1)!);
  };
  it('is added to the next round once, wherever the agent ends and begins again', async () => {
    const signed = site.signed({ rounds: 3, update: int8 });
    const other = await tinySite(site.lead);
    const calm = await toTheEnd(other, fakeCoordinator({ signed, site: other.identity.publicKey }));
    await other.remove();

    const silent = new Set(['train:0:2', 'train:0:3']);
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey, silent });
    // Its trainer ends when all of a round is on the disk but its name.
    let ends = 1;
    const jobs: string[] = [];
    const first = await site.start(coordinator, (trainer) => ({
      ...trainer,
      async run(job, options) {
        const result = await trainer.run(job, options);
        if (job.kind === 'train') jobs.push(job.step);
        if (job.kind === 'train' && job.round === 2 && ends-- > 0)
          throw coded('CSM-TRAINER-CRASHED', { how: 'SIGKILL' });
        return result;
      },
    }));
    // Then the agent ends: each time its update is kept and sent, and no word comes back.
    let agent = first;
    for (const name of silent) {
      while (!coordinator.submitted.has(step(name))) await new Promise((resolve) => setImmediate(resolve));
      await agent.close();
      coordinator.forgetAgent();
      if (name === 'train:0:3') break;
      agent = await site.start(coordinator);
    }
    expect(await toTheEnd(site, coordinator)).toEqual(calm);
    expect(jobs).toEqual(['train:0:1', 'train:0:2', 'train:0:2']);
    expect(coordinator.submitted.get(step('train:0:3'))).toHaveLength(2);
  });

  it('outlasts a pause that the trainer does not: of a step under way, and of one whose verdict has not come', async () => {
    const signed = site.signed({ rounds: 3, update: int8 });
    const other = await tinySite(site.lead);
    const calm = await toTheEnd(other, fakeCoordinator({ signed, site: other.identity.publicKey }));
    await other.remove();

    const silent = new Set(['train:0:3']);
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey, silent });
    const jobs: string[] = [];
    const noting = (trainer: Trainer): Trainer => ({
      ...trainer,
      run(job, options) {
        if (job.kind === 'train') jobs.push(job.step);
        return trainer.run(job, options);
      },
    });
    const agent = await site.start(coordinator, noting, lateClock);
    const pause = async () => {
      const idle = coordinator.until(({ activity }) => activity === 'idle');
      coordinator.assign(null);
      await idle;
      coordinator.assign({});
    };
    await coordinator.until(({ activity, step: now }) => activity === 'evaluating' && now === 'validate:2');
    await pause();
    while (!coordinator.submitted.has(step('train:0:3'))) await new Promise((resolve) => setImmediate(resolve));
    await pause();
    await coordinator.until(({ activity }) => activity === 'idle');
    await agent.close();
    expect(training.map((name) => coordinator.submitted.get(step(name))!.at(-1)!)).toEqual(calm);
    expect(jobs).toEqual(training);
    expect(agent.trainers.length).toBeGreaterThan(1);
  });

  it('is told when it is gone: in the log, and in the report that the site signs', async () => {
    const signed = site.signed({ rounds: 2, update: int8 });
    const silent = new Set(['validate:1']);
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey, silent });
    const before = await site.start(coordinator);
    await coordinator.until(({ activity, step: now }) => activity === 'uploading' && now === 'validate:1');
    await before.close();
    coordinator.forgetAgent();
    await rm(join(site.home.runs, signed.contract.run, 'train-0-1.onward'));

    const agent = await site.start(coordinator);
    await coordinator.until(({ activity }) => activity === 'idle');
    await agent.close();
    const report = JSON.parse(await readFile(join(site.home.reports, signed.contract.run, 'test.json'), 'utf8'));
    expect(report.report.notes).toContain(
      'Rounds of stage train that this site trained without what it had kept for them, as it was gone from its disk: 2.',
    );
    expect(agent.warnings).toContainEqual(expect.objectContaining({ step: 'train:0:2', file: 'train-0-1.onward' }));
  });

  it('is not used when the disk altered a bit of it: the step is declined by name until the file is gone', async () => {
    const signed = site.signed({ rounds: 3, update: int8 });
    const silent = new Set(['validate:1']);
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey, silent });
    const before = await site.start(coordinator);
    await coordinator.until(({ activity, step: now }) => activity === 'uploading' && now === 'validate:1');
    await before.close();
    coordinator.forgetAgent();
    const file = join(site.home.runs, signed.contract.run, 'train-0-1.onward');
    const bytes = await readFile(file);
    bytes[1000]! ^= 1;
    await writeFile(file, bytes);

    const agent = await site.start(coordinator);
    const declined = await coordinator.until(({ activity }) => activity === 'declined');
    await agent.close();
    expect(declined).toMatchObject({
      step: 'train:0:2',
      error: { code: 'CSM-AGENT-CARRIED', details: { file: 'train-0-1.onward' } },
    });
    expect(coordinator.submitted.has(step('train:0:2'))).toBe(false);
    coordinator.forgetAgent();

    await rm(file);
    await toTheEnd(site, coordinator);
  });
});
