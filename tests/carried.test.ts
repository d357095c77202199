import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentity } from '@consilium/shared/crypto';
import type { SiteId } from '@consilium/shared/ids';
import { systemClock } from '@consilium/shared/wire';
import { realDisk, siteHome } from '@consilium/site-agent/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lateClock } from '../site-agent/src/testing/late-clock.js';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { type Hospital, openHospital } from './harness/hospital.js';
import { lightTrainer } from './harness/light-trainer.js';

const site = 'hospital-a' as SiteId;
const rounds = 4;
/** Steps after which a stepwise run waits. */
const waits = ['initial', ...Array.from({ length: rounds - 1 }, (_, index) => `validate:${index + 1}`)];

describe('what a site carries from round to round', () => {
  let consortium: Consortium;
  let folder: string;
  let hospital: Hospital;
  /** The run of each trainer that the hospital began with, in order. */
  const trained: string[] = [];
  /** Whether the hospital has waited a minute as soon as there is nothing to do. */
  let isLate = true;
  let calm: string;

  const launch = async (stepwise = false) => {
    const training = { rounds, optimizer: { name: 'sgd', rate: 0.1 } };
    return (await consortium.lead.launch(consortium.lead.contract({ training }), stepwise)).run;
  };
  const paused = (run: string, after: string) =>
    consortium.until(run, ({ phase, step }) => phase === 'paused' && step === after);
  /** Lets a run that waits after this step go on until it waits again, or ends. */
  const goOn = async (run: string, after: string) => {
    await paused(run, after);
    await consortium.lead.call('POST', `/api/runs/${run}/command`, { command: 'next' });
    await consortium.until(run, ({ phase, step }) => phase === 'closed' || (phase === 'paused' && step !== after));
  };
  const ended = async (run: string) => {
    expect(await consortium.until(run, ({ phase }) => phase === 'closed')).toMatchObject({ outcome: 'complete' });
    return (await consortium.model(run)).hash;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-carried-'));
    consortium = await openConsortium();
    await consortium.join('hospital-b');
    const identity = createIdentity();
    await (await consortium.join(site, { identity })).close();
    const train = lightTrainer(realDisk);
    hospital = await openHospital({
      ...{ site, identity, code: await consortium.lead.invite(site), home: siteHome(join(folder, site)) },
      clock: { now: () => 0, after: (ms, run) => (isLate ? lateClock : systemClock).after(ms, run) },
      trainer(options) {
        trained.push(options.setting.contract.run);
        return train(options);
      },
    });
    calm = await ended(await launch());
  });
  afterAll(async () => {
    await hospital.close();
    await consortium[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('outlasts every wait for the lead', async () => {
    isLate = true;
    const run = await launch(true);
    for (const after of waits) await goOn(run, after);
    expect(await ended(run)).toBe(calm);
    expect(trained.filter((one) => one === run)).toHaveLength(rounds + 1);
  });

  it('outlasts other runs that the site does in turn with it', async () => {
    isLate = false;
    const runs: string[] = [];
    for (let count = 0; count < 2; count++) {
      const run = await launch(true);
      await paused(run, 'initial');
      runs.push(run);
    }
    for (const after of waits) for (const run of runs) await goOn(run, after);
    for (const run of runs) expect(await ended(run)).toBe(calm);
    expect(trained.slice(-2 * (rounds + 1))).toEqual(Array.from({ length: rounds + 1 }, () => runs).flat());
  });
});
