import { createIdentity } from '@consilium/shared/crypto';
import { describe, expect, it } from 'vitest';
import { openConsortium } from './harness/consortium.js';
import { createGate } from './harness/gate.js';
import { deliverHonestly } from './harness/light-site.js';

describe('a site that is approved after the launch', () => {
  it('takes part while patients are counted, over a restart and a new connection, and has no part in the run after it', async () => {
    await using consortium = await openConsortium();
    const gates = { a: createGate(), c: createGate() };
    const held = (gate: { readonly opened: Promise<void> }) => ({
      deliver: async (delivery: Parameters<typeof deliverHonestly>[0]) => {
        if (delivery.task.work.step === 'prepare:cohort:1') await gate.opened;
        return deliverHonestly(delivery);
      },
    });
    const a = await consortium.join('hospital-a', held(gates.a));
    await consortium.join('hospital-b');
    const { run } = await consortium.lead.launch(
      consortium.lead.contract({ participation: { lateJoiners: 'accept' } }),
    );
    const standings = async () => (await consortium.view(run)).sites.map(({ site, standing }) => [site, standing]);

    const identity = createIdentity();
    const c = await consortium.join('hospital-c', { identity, ...held(gates.c) });
    await consortium.until(run, ({ sites }) => sites.length === 3);
    await consortium.restart();
    expect(await standings()).toContainEqual(['hospital-c', 'asked']);
    // Its machine is started anew before it has answered, too.
    await c.close();
    const again = await consortium.rejoin('hospital-c', identity);

    gates.a.open();
    await consortium.until(run, ({ step }) => step !== 'prepare:cohort:1');
    const late = await consortium.join('hospital-d');
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect(view.coverage.sites.map(({ site }) => site)).toEqual(['hospital-a', 'hospital-b', 'hospital-c']);
    expect(late.contributions.size).toBe(0);
    expect(again.contributions.get(`${run} train:0:1`)).toBe(1);
    expect(a.faults).toEqual([]);
    const joined = (await consortium.journal(run)).filter(({ type }) => type === 'site-joined');
    expect(joined.map(({ body }) => body)).toEqual([{ site: 'hospital-c', step: 'prepare:cohort:1' }]);
  });
});
