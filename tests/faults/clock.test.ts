import { startCoordinator } from '@consilium/coordinator/coordinator';
import { siteId } from '@consilium/shared/ids';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from '../harness/consortium.js';
import { CallError } from '../harness/lead.js';
import { openLightSite } from '../harness/light-site.js';

const dayMs = 86_400_000;
const names = ['hospital-a', 'hospital-b'];
const oneRound = { training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } }, participation: { idleLimit: '1h' } };

/** A wall clock that is set a day forward or back whenever it is read, and right where the lead's calls are weighed by it. */
function jumpingClock() {
  let readings = 0;
  let jumps = false;
  const now = () => {
    readings += 1;
    const days = jumps ? (readings % 3) - 1 : 0;
    return new Date(Date.now() + days * dayMs);
  };
  return {
    now,
    jump(wanted: boolean) {
      jumps = wanted;
    },
  };
}

async function launched(consortium: Consortium): Promise<string> {
  for (const name of names) await consortium.join(name);
  return (await consortium.lead.launch(consortium.lead.contract(oneRound))).run;
}

describe('a wall clock that jumps a day forward and back while a run goes on', () => {
  let calm: string;
  beforeAll(async () => {
    await using consortium = await openConsortium();
    const run = await launched(consortium);
    await consortium.until(run, ({ phase }) => phase === 'closed');
    calm = (await consortium.model(run)).hash;
  });

  it('counts nobody as idle, ends in the same model, and leaves a journal that verifies with whatever labels', async () => {
    const clock = jumpingClock();
    await using consortium = await openConsortium({
      start: (options) => startCoordinator(options, { now: clock.now }),
    });
    const run = await launched(consortium);
    clock.jump(true);
    // The lead's calls carry a time of their own, and are refused while the clock is wrong: the run does not wait for them.
    await until(async () => {
      const refused = await consortium.lead.call('GET', '/api/runs').catch((thrown: unknown) => thrown);
      return refused instanceof CallError && refused.code === 'CSM-API-CLOCK';
    });
    await until(async () => {
      clock.jump(false);
      const { phase } = await consortium.view(run);
      clock.jump(true);
      return phase === 'closed';
    });
    clock.jump(false);
    const view = await consortium.view(run);
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect(view.coverage.sites.flatMap(({ missing }) => missing)).toEqual([]);
    expect((await consortium.model(run)).hash).toBe(calm);
    const times = (await consortium.journal(run)).map(({ time }) => Date.parse(time));
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(dayMs / 2);
  });

  it('lets no code in that has ended, and takes one that has not once the clock is right', async () => {
    const clock = jumpingClock();
    let late = false;
    const now = () => new Date(clock.now().getTime() + (late ? dayMs : 0));
    await using consortium = await openConsortium({ start: (options) => startCoordinator(options, { now }) });
    const { lead } = consortium;
    const site = siteId.parse('hospital-a');
    const code = await lead.invite(site);
    late = true;
    const light = openLightSite({ site, code });
    await new Promise<void>((resolve) => {
      light.connection.onState((state) => {
        if (state.kind === 'waiting' && state.error.code === 'CSM-INVITE-EXPIRED') resolve();
      });
    });
    late = false;
    await new Promise<void>((resolve) => {
      light.connection.onState((state) => {
        if (state.kind === 'connected') resolve();
      });
    });
    await light.close();
  });
});

async function until(wanted: () => Promise<boolean>): Promise<void> {
  while (!(await wanted())) await new Promise((resolve) => setTimeout(resolve, 50));
}
