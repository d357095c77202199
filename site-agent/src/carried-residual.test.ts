import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coded } from '@consilium/shared/errors';
import type { BlobHash, StepId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeCoordinator, fakeCoordinator } from './testing/fake-coordinator.js';
import { type TinySite, tinySite } from './testing/tiny-site.js';

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
    // Of what may be as large as the model, that of the newest round alone lies here.
    const files = await readdir(join(site.home.runs, signed.contract.run));
    expect(files.filter((name) => /onward|carried/.test(name))).toEqual(['train-0-3.onward']);
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
