import { canonicalBytes } from '@consilium/shared/canonical';
import { type Contract, openContract, type SignedContract, signContract } from '@consilium/shared/contract';
import {
  createEnrolmentCode,
  createIdentity,
  type Identity,
  parseEnrolmentCode,
  sign,
  verify,
} from '@consilium/shared/crypto';
import type { ConsortiumId, SiteId } from '@consilium/shared/ids';
import type { Connection } from '@consilium/site-agent/connection';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { createGate } from './harness/gate.js';
import { deliverHonestly, type LightSite, openLightSite } from './harness/light-site.js';
import { createCleanUp, createWatch, firstFault, startSite, state } from './transport/kit.js';

const site = (name: string) => name as SiteId;
const coded = (code: string) => expect.objectContaining({ code });
const cleanUp = createCleanUp();
afterEach(async () => {
  vi.useRealTimers();
  await cleanUp.run();
});

describe('the door of a coordinator with a run under way', () => {
  let consortium: Consortium;
  let run: string;
  let inside: readonly [LightSite, LightSite];
  const gate = createGate();
  const statesOfB = new Set<string>();

  beforeAll(async () => {
    consortium = await openConsortium();
    const { lead } = consortium;
    const join = (name: string) =>
      consortium.join(name, {
        deliver: async (delivery) => {
          if (delivery.task.step.kind === 'train') await gate.opened;
          return deliverHonestly(delivery);
        },
      });
    inside = [await join('hospital-a'), await join('hospital-b')];
    inside[1].connection.onState(({ kind }) => statesOfB.add(kind));
    ({ run } = await lead.launch(lead.contract({ training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } } })));
    await consortium.until(run, ({ step }) => step === 'train:0:1');
  });
  afterAll(() => consortium[Symbol.asyncDispose]());

  /** Somebody who comes under a name, with a code or without. */
  function knock(name: string, code?: string, identity: Identity = createIdentity()): Connection {
    const { lead } = consortium;
    return startSite(cleanUp, {
      address: consortium.coordinator().url,
      identity,
      trust: { lead: lead.identity.publicKey, consortium: lead.consortium, site: site(name) },
      ...(code !== undefined && { secret: parseEnrolmentCode(code).secret }),
    });
  }

  it('stays shut for a site that was never invited', async () => {
    expect(await firstFault(knock('hospital-x'))).toEqual(coded('CSM-SITE-UNKNOWN'));
  });

  it('stays shut for an approved name under another key', async () => {
    expect(await firstFault(knock('hospital-a'))).toEqual(coded('CSM-SITE-UNKNOWN'));
  });

  it("stays shut for a site that shows another's code", async () => {
    const code = await consortium.lead.invite(site('hospital-x'));
    expect(await firstFault(knock('hospital-y', code))).toEqual(coded('CSM-INVITE-UNKNOWN'));
  });

  it('stays shut for a code that was made up', async () => {
    const { identity, consortium: id, invite } = consortium.lead;
    await invite(site('hospital-x'));
    const terms = { address: consortium.coordinator().url, lead: identity.publicKey, consortium: id };
    const notAfter = new Date(Date.now() + 60_000);
    const { text } = createEnrolmentCode({ ...terms, site: site('hospital-x'), notAfter });
    expect(await firstFault(knock('hospital-x', text))).toEqual(coded('CSM-INVITE-UNKNOWN'));
  });

  it('stays shut for an expired code', async () => {
    const code = await consortium.lead.invite(site('hospital-late'), new Date(Date.now() + 60_000));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    expect(await firstFault(knock('hospital-late', code))).toEqual(coded('CSM-INVITE-EXPIRED'));
  });

  it('stays shut for a code that another key has used', async () => {
    const code = await consortium.lead.invite(site('hospital-used'));
    await state(knock('hospital-used', code), 'connected');
    expect(await firstFault(knock('hospital-used', code))).toEqual(coded('CSM-INVITE-USED'));
  });

  it('lets the newest of two agents with one key in, and tells the lead and the site', async () => {
    const [first] = inside;
    const states = createWatch<string>();
    first.connection.onState((given) => states.tell(given.kind === 'waiting' ? given.error.code : given.kind));
    const notices = createWatch<string>();
    first.connection.onNotice(({ code }) => notices.tell(code));
    const second = openLightSite({
      site: first.site,
      code: await consortium.lead.invite(site('hospital-x')),
      identity: first.identity,
      deliver: () => new Promise(() => {}),
    });
    second.connection.onNotice(({ code }) => notices.tell(code));
    cleanUp.later(() => second.close());
    await state(second.connection, 'connected');
    await states.until((seen) => seen.includes('CSM-ACCESS-SUPERSEDED'));
    await notices.until((seen) => seen.includes('CSM-KEY-TWO-AGENTS'));
    await second.close();
    await state(first.connection, 'connected');
    const { sites } = await consortium.lead.call<{ sites: { site: string; collisions: number }[] }>(
      'GET',
      '/api/sites',
    );
    expect(sites.find((member) => member.site === first.site)?.collisions).toBeGreaterThan(0);
  });

  describe.each<[string, string, string, (given: Contract) => unknown]>([
    ['not signed', 'CSM-API-BODY', 'CSM-CONTRACT-SIGNATURE', (contract) => ({ contract })],
    [
      'signed by another',
      'CSM-CONTRACT-SIGNATURE',
      'CSM-CONTRACT-SIGNATURE',
      (given) => signed(given, createIdentity()),
    ],
    ['altered', 'CSM-CONTRACT-SIGNATURE', 'CSM-CONTRACT-SIGNATURE', altered],
    [
      'expired',
      'CSM-CONTRACT-EXPIRED',
      'CSM-CONTRACT-EXPIRED',
      (given) => signed({ ...given, notAfter: '2020-01-01T00:00:00Z' }),
    ],
    [
      "another consortium's",
      'CSM-CONTRACT-FOREIGN',
      'CSM-CONTRACT-FOREIGN',
      (given) => signed({ ...given, consortium: 'ab'.repeat(16) as ConsortiumId }),
    ],
  ])('a contract that is %s', (_, atLaunch, atSite, spoil) => {
    it('is refused at launch and at the site', async () => {
      const { lead } = consortium;
      const spoilt = spoil(lead.contract().contract);
      const launch = lead.call('POST', '/api/runs', { signed: spoilt, stepwise: false });
      await expect(launch).rejects.toEqual(coded(atLaunch));
      const trust = { lead: lead.identity.publicKey, consortium: lead.consortium, now: new Date(), verify };
      expect(() => openContract(canonicalBytes(spoilt), trust)).toThrow(coded(atSite));
    });
  });

  it('a contract whose strategy needs more sites than there are is refused at launch', async () => {
    const { lead } = consortium;
    const training = { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 }, strategy: { name: 'bulyan', faulty: 3 } };
    await expect(lead.launch(lead.contract({ training }))).rejects.toEqual(coded('CSM-RUN-STRATEGY-LARGE'));
  });

  function signed(contract: Contract, by: Identity = consortium.lead.identity): SignedContract {
    return signContract(contract, (domain, bytes) => sign(by, domain, bytes));
  }

  function altered(contract: Contract): SignedContract {
    return { ...signed(contract), contract: { ...contract, runFile: { ...contract.runFile, seed: 8 } } };
  }

  it('harms nobody inside: the run goes on to its end', async () => {
    gate.open();
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(view.outcome).toBe('complete');
    expect(inside.flatMap(({ faults }) => faults)).toEqual([]);
    expect([...statesOfB]).toEqual(['connected']);
    await consortium.journal(run);
    expect((await consortium.model(run)).values.every(Number.isFinite)).toBe(true);
  });
});
