import { access, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackedUp, backUp } from '@consilium/coordinator/backup';
import { createIdentity } from '@consilium/shared/crypto';
import type { SiteId } from '@consilium/shared/ids';
import { realDisk, siteHome } from '@consilium/site-agent/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { createGate } from './harness/gate.js';
import { openHospital } from './harness/hospital.js';
import { type Deliver, deliverHonestly, type LightSite } from './harness/light-site.js';
import { lightTrainer } from './harness/light-trainer.js';

const names = ['hospital-a', 'hospital-b', 'hospital-c'];
const last = 'hospital-c';
const longTest = { timeout: 900_000 };

describe('a backup of a coordinator that goes on', () => {
  let consortium: Consortium;
  let folder: string;
  let deliver: Deliver = deliverHonestly;
  let taken = 0;
  const sites: LightSite[] = [];

  const launch = async (rounds: number, stepwise = false) => {
    const training = { rounds, optimizer: { name: 'sgd', rate: 0.1 } };
    return (await consortium.lead.launch(consortium.lead.contract({ training }), stepwise)).run;
  };
  const paused = (run: string, after: string) =>
    consortium.until(run, ({ phase, step }) => phase === 'paused' && step === after);
  /** Lets a run that waits after this step go on. */
  const goOn = async (run: string, after: string): Promise<void> => {
    await paused(run, after);
    await consortium.lead.call('POST', `/api/runs/${run}/command`, { command: 'next' });
  };
  const closed = (run: string) => consortium.until(run, ({ phase }) => phase === 'closed');
  const take = async (): Promise<BackedUp & { readonly at: string }> => {
    const name = `backup-${taken++}`;
    const at = join(folder, name);
    return { ...(await backUp(consortium.home, at, name)), at };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-backup-'));
    consortium = await openConsortium();
    for (const name of names) {
      sites.push(await consortium.join(name, { deliver: (delivery) => deliver(delivery) }));
    }
  });
  afterAll(async () => {
    await consortium[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it(
    'is all that a new one needs: sites do again what came after it, and the run ends with the same model',
    longTest,
    async () => {
      const calm = await launch(4);
      await closed(calm);

      const [uploaded, gate] = [createGate(), createGate()];
      deliver = async ({ task, upload, submit }) => {
        await upload();
        if (task.site === last && task.work.step === 'train:0:2') {
          uploaded.open();
          await gate.opened;
        }
        return submit();
      };
      const run = await launch(4, true);
      await goOn(run, 'initial');
      await goOn(run, 'validate:1');
      await uploaded.opened;
      const { at, runs } = await take();
      expect(runs).toBe(2);
      gate.open();
      await goOn(run, 'validate:2');
      await paused(run, 'validate:3');
      await consortium.restart(at);
      expect((await consortium.view(run)).step).toBe('train:0:2');
      await goOn(run, 'validate:2');
      await goOn(run, 'validate:3');

      expect(await closed(run)).toMatchObject({ outcome: 'complete', error: null });
      expect((await consortium.model(run)).hash).toBe((await consortium.model(calm)).hash);
      expect((await consortium.journal(run)).filter(({ type }) => type === 'contribution-accepted')).toHaveLength(
        (2 + 4 + 4 + 1) * names.length,
      );
      expect(sites.flatMap(({ faults }) => faults)).toEqual([]);
    },
  );

  it('is whole at whatever moment it is taken, and leaves nothing behind', longTest, async () => {
    deliver = deliverHonestly;
    const run = await launch(5);
    let ended = false;
    const ending = consortium
      .until(run, ({ phase }) => phase === 'closed')
      .finally(() => {
        ended = true;
      });
    ending.catch(() => {});
    const records: number[] = [];
    while (!ended) records.push((await take()).records);
    await ending;
    expect(records.length).toBeGreaterThan(1);
    expect(records).toEqual(records.toSorted((a, b) => a - b));
    const { records: all, at } = await take();
    await consortium.restart(at);
    expect((await consortium.view(run)).outcome).toBe('complete');
    expect(all).toBeGreaterThanOrEqual(records.at(-1)!);
    expect(await readdir(join(consortium.home, 'blobs', 'tmp'))).toEqual([]);
  });

  it('does not take a key that cannot be read for none', async () => {
    const [at, next] = [join(folder, 'unread'), join(consortium.home, 'coordinator.key.next')];
    await mkdir(next);
    await expect(backUp(consortium.home, at, 'unread')).rejects.toMatchObject({
      ...{ code: 'CSM-HOME-UNREADABLE', details: { file: next, reason: 'EISDIR' } },
    });
    await rm(next, { recursive: true });
    await expect(access(`${at}.part`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('names what stands in its way: the part of one that was cut off, a place that is not there', async () => {
    const part = join(folder, 'cut.part');
    await mkdir(part);
    await expect(backUp(consortium.home, join(folder, 'cut'), 'cut')).rejects.toMatchObject({
      ...{ code: 'CSM-CLI-EXISTS', details: { path: part } },
    });
    await access(part);
    await expect(backUp(consortium.home, join(folder, 'nowhere', 'to'), 'cut')).rejects.toMatchObject({
      ...{ code: 'CSM-CLI-FILE', details: { reason: 'ENOENT' } },
    });
  });

  it('is none of a folder that is no coordinator’s', async () => {
    const at = join(folder, 'none');
    await expect(backUp(folder, at, 'none')).rejects.toMatchObject({ code: 'CSM-BACKUP-HOME' });
    await expect(access(`${at}.part`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a backup of a coordinator whose sites carry something from round to round', () => {
  const site = 'hospital-a' as SiteId;
  const optimizer = { name: 'sgd', rate: 0.1 };

  it.each([
    ['updates in fewer bits', { update: { codec: 'int8' } }],
    ['control variates', { strategy: { name: 'scaffold' } }],
  ])('loses nothing of that: the run ends with the same model, with %s', longTest, async (_, how) => {
    const folder = await mkdtemp(join(tmpdir(), 'consilium-carried-backup-'));
    await using consortium = await openConsortium();
    await consortium.join('hospital-b');
    const identity = createIdentity();
    await (await consortium.join(site, { identity })).close();
    const hospital = await openHospital({
      ...{ site, identity, code: await consortium.lead.invite(site), home: siteHome(join(folder, 'home')) },
      trainer: lightTrainer(realDisk),
    });
    try {
      const launch = async (stepwise: boolean) => {
        const training = { rounds: 5, optimizer, ...how };
        return (await consortium.lead.launch(consortium.lead.contract({ training }), stepwise)).run;
      };
      const ended = async (run: string) => {
        expect(await consortium.until(run, ({ phase }) => phase === 'closed')).toMatchObject({ outcome: 'complete' });
        return (await consortium.model(run)).hash;
      };
      const calm = await ended(await launch(false));
      const run = await launch(true);
      const paused = (after: string) =>
        consortium.until(run, ({ phase, step }) => phase === 'paused' && step === after);
      const goOn = async (...waits: readonly string[]) => {
        for (const after of waits) {
          await paused(after);
          await consortium.lead.call('POST', `/api/runs/${run}/command`, { command: 'next' });
        }
      };
      await goOn('initial', 'validate:1');
      await paused('validate:2');
      const at = join(folder, 'backup');
      await backUp(consortium.home, at, 'backup');
      await goOn('validate:2', 'validate:3');
      await paused('validate:4');
      await consortium.restart(at);
      await goOn('validate:2', 'validate:3', 'validate:4');
      expect(await ended(run)).toBe(calm);
    } finally {
      await hospital.close();
      await rm(folder, { recursive: true });
    }
  });
});
