import {
  checkGateProof,
  createEnrolmentCode,
  createIdentity,
  issueCertificate,
  makeKeyChange,
  parseEnrolmentCode,
} from '@consilium/shared/crypto';
import { CodedError, fail } from '@consilium/shared/errors';
import { frameBytes, handshakeMs } from '@consilium/shared/wire';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  certificate,
  consortium,
  coordinator,
  createCleanUp,
  createWatch,
  firstFault,
  handClock,
  lead,
  newInstance,
  north,
  run,
  startCoordinator,
  startSite,
  state,
  step,
  trust,
} from './kit.js';
import { rawSite } from './raw-site.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const code = (value: string) => expect.objectContaining({ code: value });
const status = {
  version: '0',
  node: 'v20',
  backend: null,
  run: null,
  step: null,
  activity: 'idle',
  progress: null,
  error: null,
} as const;

describe('a site that connects', () => {
  it('is welcomed with its standing and its certificate, and heard', async () => {
    const identity = createIdentity();
    const certificate = issueCertificate(lead, {
      consortium,
      role: 'site',
      id: north,
      publicKey: identity.publicKey,
      revision: 4,
      revoked: false,
    });
    const heard = createWatch<string>();
    const { address, gateway } = await startCoordinator(cleanUp, {
      admit: async (site, publicKey) => {
        expect([site, publicKey]).toEqual([north, identity.publicKey]);
        return { standing: 'approved', certificate };
      },
      onStatus: (_, given) => heard.tell(given.activity),
    });
    const site = startSite(cleanUp, { address, identity });
    const connected = await state(site, 'connected');
    expect(connected.welcome).toEqual({ type: 'welcome', standing: 'approved', certificate });
    expect(connected.coordinator.publicKey).toBe(coordinator.publicKey);
    expect(gateway.connected()).toEqual([north]);
    site.sendStatus({ ...status, activity: 'training' });
    await heard.until((seen) => seen.includes('training'));
  });

  it('reads its newest assignment, however late it comes and however often it was away', async () => {
    const { address, gateway } = await startCoordinator(cleanUp);
    gateway.assign(north, { type: 'assignment', work: null });
    const told = createWatch<unknown>();
    const site = startSite(cleanUp, { address });
    site.onAssignment(told.tell);
    await told.until((seen) => seen.length === 1);
    gateway.disconnect(north, new CodedError('CSM-INTERNAL', { kind: 'a test' }));
    await told.until((seen) => seen.length === 2);
    expect(told.seen).toEqual(Array(2).fill({ type: 'assignment', work: null }));
  });

  it('sends its newest status again on every link', async () => {
    const heard = createWatch<string>();
    const { address, gateway } = await startCoordinator(cleanUp, { onStatus: (_, s) => heard.tell(s.activity) });
    const site = startSite(cleanUp, { address });
    site.sendStatus({ ...status, activity: 'waiting' });
    await heard.until((seen) => seen.length >= 1);
    gateway.disconnect(north, new CodedError('CSM-INTERNAL', { kind: 'a test' }));
    await heard.until((seen) => seen.length >= 2);
    expect(new Set(heard.seen)).toEqual(new Set(['waiting']));
  });

  it('learns at once that the lead has approved it', async () => {
    const { address, gateway } = await startCoordinator(cleanUp, {
      admit: async () => ({ standing: 'pending', certificate: null }),
    });
    const site = startSite(cleanUp, { address });
    expect((await state(site, 'connected')).welcome.standing).toBe('pending');
    const standings = createWatch<string>();
    site.onState((given) => standings.tell(given.kind === 'connected' ? given.welcome.standing : given.kind));
    gateway.welcome(north, { standing: 'approved', certificate: null });
    await standings.until((seen) => seen.includes('approved'));
    expect(standings.seen).toEqual(['pending', 'approved']);
  });

  it('learns of the coordinator’s next key that the lead certified while its own was proven', async () => {
    const next = createIdentity();
    const newer = issueCertificate(lead, { ...certificate.body, publicKey: next.publicKey, revision: 2 });
    let shown = { identity: coordinator, certificate };
    const admit = async () => {
      shown = { identity: next, certificate: newer };
      return { standing: 'approved', certificate: null } as const;
    };
    const { address } = await startCoordinator(cleanUp, { admit }, { credentials: () => shown });
    const connection = startSite(cleanUp, { address });
    await new Promise<void>((resolve) => {
      connection.onState((now) => now.kind === 'connected' && now.coordinator.revision === 2 && resolve());
    });
  });

  it('shows its one-time code until it was welcomed, and the gate can check it', async () => {
    const made = createEnrolmentCode({ ...trust, address: 'https://c.example/', notAfter: new Date(4e12) });
    const shown = createWatch<boolean>();
    const { address, gateway } = await startCoordinator(cleanUp, {
      admit: async (_, __, enrolment) => {
        shown.tell(enrolment !== null);
        if (enrolment !== null) {
          expect(enrolment.invitation).toBe(made.invitation);
          expect(checkGateProof(made.gateKey, enrolment.transcript, enrolment.gateProof)).toBe(true);
        }
        return { standing: 'pending', certificate: null };
      },
    });
    const { secret } = parseEnrolmentCode(made.text);
    await state(startSite(cleanUp, { address, secret }), 'connected');
    gateway.disconnect(north, new CodedError('CSM-INTERNAL', { kind: 'a test' }));
    await shown.until((seen) => seen.length === 2);
    expect(shown.seen).toEqual([true, false]);
  });

  it('is told the coded reason of a refusal, goes on trying, and comes in when it may', async () => {
    let refusals = 0;
    const { address } = await startCoordinator(cleanUp, {
      admit: async () => {
        if (refusals++ < 3) fail('CSM-ENROL-EXPIRED', { notAfter: '2026-01-01' });
        return { standing: 'approved', certificate: null };
      },
    });
    const site = startSite(cleanUp, { address });
    expect(await firstFault(site)).toMatchObject({ code: 'CSM-ENROL-EXPIRED', details: { notAfter: '2026-01-01' } });
    await state(site, 'connected');
    expect(refusals).toBe(4);
  });
});

describe('a site does not go on with', () => {
  it('a coordinator of another lead', async () => {
    const { address } = await startCoordinator(cleanUp);
    const site = startSite(cleanUp, { address, trust: { ...trust, lead: createIdentity().publicKey } });
    expect(await firstFault(site)).toEqual(code('CSM-HANDSHAKE-LEAD'));
  });

  it('a coordinator whose certificate is for another key', async () => {
    const { address } = await startCoordinator(
      cleanUp,
      {},
      { credentials: () => ({ identity: createIdentity(), certificate }) },
    );
    expect(await firstFault(startSite(cleanUp, { address }))).toEqual(code('CSM-HANDSHAKE-LEAD'));
  });

  it('a coordinator of another consortium', async () => {
    const { address } = await startCoordinator(cleanUp);
    const site = startSite(cleanUp, { address, trust: { ...trust, consortium: 'ef'.repeat(16) as typeof consortium } });
    expect(await firstFault(site)).toEqual(code('CSM-HANDSHAKE-CONSORTIUM'));
  });

  it('a certificate of its own that is not for its key', async () => {
    const foreign = issueCertificate(lead, {
      consortium,
      role: 'site',
      id: north,
      publicKey: createIdentity().publicKey,
      revision: 1,
      revoked: false,
    });
    const { address } = await startCoordinator(cleanUp, {
      admit: async () => ({ standing: 'approved', certificate: foreign }),
    });
    expect(await firstFault(startSite(cleanUp, { address }))).toEqual(code('CSM-KEY-CERTIFICATE'));
  });

  it('an address that nobody answers', async () => {
    const { address, close } = await startCoordinator(cleanUp);
    await close();
    expect(await firstFault(startSite(cleanUp, { address }))).toMatchObject({
      code: 'CSM-HANDSHAKE-UNREACHABLE',
      details: { address, reason: 'ECONNREFUSED' },
    });
  });
});

describe('a coordinator', () => {
  it('closes the session of a revoked site with the reason', async () => {
    const { address, gateway } = await startCoordinator(cleanUp);
    const site = startSite(cleanUp, { address });
    await state(site, 'connected');
    gateway.disconnect(north, new CodedError('CSM-KEY-REVOKED', { id: north }));
    expect(await firstFault(site)).toEqual(code('CSM-KEY-REVOKED'));
  });

  it('keeps the newest session of a key and tells the older why', async () => {
    const gone = createWatch<string>();
    const { address, gateway } = await startCoordinator(cleanUp, { onGone: gone.tell });
    const older = rawSite(cleanUp, address);
    await older.connected;
    await older.shake();
    const newer = rawSite(cleanUp, address, older.identity);
    await newer.connected;
    await newer.shake();
    expect(await older.farewell()).toBe('CSM-ACCESS-SUPERSEDED');
    expect(gateway.connected()).toEqual([north]);
    expect(gone.seen).toEqual([]);
    newer.socket.disconnect();
    await gone.until((seen) => seen.length === 1);
  });

  it('hears a key that only waits for approval in nobody’s name, and keeps the approved one in its place', async () => {
    const [identity, next] = [createIdentity(), createIdentity()];
    let approved = identity;
    const heard = createWatch<string>();
    const gone: string[] = [];
    const rekeys: string[] = [];
    const { address, gateway } = await startCoordinator(cleanUp, {
      admit: async (_, key) => ({
        standing: key === approved.publicKey ? 'approved' : 'pending',
        certificate: null,
      }),
      onStatus: (_, { activity }) => heard.tell(activity),
      onGone: (site) => void gone.push(site),
      onRekey: async (site) => void rekeys.push(site),
    });
    const site = startSite(cleanUp, { address, identity });
    const states = createWatch<string>();
    await state(site, 'connected');
    site.onState((given) => states.tell(given.kind));
    const assignments = createWatch<unknown>();
    site.onAssignment(assignments.tell);
    gateway.assign(north, { type: 'assignment', work: null });

    const holder = { consortium, role: 'site', id: north } as const;
    async function waitsThere() {
      const peer = rawSite(cleanUp, address, next);
      await peer.connected;
      const channel = await peer.shake();
      const idle = { type: 'status', instance: newInstance(), ...status };
      for (const said of [idle, { ...idle, run, step, activity: 'declined' }]) peer.say(channel.sealControl(said));
      peer.say(channel.sealControl({ type: 'rekey', change: makeKeyChange(identity, next, holder) }));
      // What was said before has been heard then.
      const open = { type: 'open', transfer: 1, direction: 'download', run, step, hash: run + run, bytes: 0 };
      peer.say(channel.sealControl({ ...open, window: frameBytes }));
      await peer.hear('abort');
      return peer;
    }
    const peers: Awaited<ReturnType<typeof waitsThere>>[] = [];
    for (let turn = 0; turn < 3; turn++) peers.push(await waitsThere());
    expect(await peers[0]!.farewell()).toBe('CSM-ACCESS-SUPERSEDED');
    gateway.assign(north, { type: 'assignment', work: null });
    await assignments.until((seen) => seen.length >= 2);
    expect(states.seen).toEqual(['connected']);
    expect(peers.flatMap(({ heard }) => heard.seen).filter(({ type }) => type === 'assignment')).toEqual([]);
    expect([heard.seen, gone, rekeys, gateway.connected(), gateway.isHere(north)]).toEqual([[], [], [], [north], true]);

    // The lead's word on it gives it the place, and to the former key what became of that.
    approved = next;
    const word = { ...holder, publicKey: next.publicKey, revision: 2, revoked: false };
    const certificate = issueCertificate(lead, word);
    const fault = firstFault(site);
    gateway.disconnect(north, new CodedError('CSM-SITE-REPLACED', { site: north }), identity.publicKey);
    gateway.welcome(north, { standing: 'approved', certificate });
    gateway.assign(north, { type: 'assignment', work: null });
    expect(await fault).toEqual(code('CSM-SITE-REPLACED'));
    // And is heard from then on, with what it said of itself; of work, which it had none of, nothing.
    expect(heard.seen).toEqual(['idle']);
    await peers[2]!.hear('assignment');
    expect(gone).toEqual([north]);
    expect(gateway.connected()).toEqual([north]);
  });

  it('raises the alarm when two agents use one key by turns, at both ends', async () => {
    const alarms = createWatch<CodedError>();
    const { address } = await startCoordinator(cleanUp, { onTwoAgents: (_, error) => alarms.tell(error) });
    const identity = createIdentity();
    const notices = createWatch<CodedError>();
    for (const instance of [newInstance(), newInstance()]) {
      const site = startSite(cleanUp, { address, identity, instance });
      site.onNotice(notices.tell);
      site.sendStatus(status);
    }
    await alarms.until((seen) => seen.length > 0);
    await notices.until((seen) => seen.length > 0);
    expect(alarms.seen[0]).toMatchObject({ code: 'CSM-KEY-TWO-AGENTS', details: { site: north } });
    expect(notices.seen[0]).toEqual(code('CSM-KEY-TWO-AGENTS'));
  });

  it('raises it once an hour for two that do nothing else, and lets others in meanwhile', async () => {
    const alarms: CodedError[] = [];
    const { address } = await startCoordinator(cleanUp, { onTwoAgents: (_, error) => void alarms.push(error) });
    const peer = rawSite(cleanUp, address);
    await peer.connected;
    const channel = await peer.shake();
    const agents = [newInstance(), newInstance()];
    for (let turn = 0; turn < 1_000; turn++)
      peer.say(channel.sealControl({ type: 'status', instance: agents[turn % 2], ...status }));
    await state(startSite(cleanUp, { address, trust: { ...trust, site: 'south' as typeof north } }), 'connected');
    await peer.heard.until((seen) => seen.filter(({ type }) => type === 'notice').length === 998);
    expect(alarms).toEqual([code('CSM-KEY-TWO-AGENTS')]);
  });

  it('takes a restarted agent for what it is', async () => {
    const heard = createWatch<string>();
    const alarms: CodedError[] = [];
    const { address } = await startCoordinator(cleanUp, {
      onStatus: (_, s) => heard.tell(s.instance),
      onTwoAgents: (_, error) => void alarms.push(error),
    });
    const identity = createIdentity();
    for (const count of [1, 2, 3]) {
      const site = startSite(cleanUp, { address, identity });
      site.sendStatus(status);
      await heard.until((seen) => new Set(seen).size === count);
      await site.close();
    }
    expect(alarms).toEqual([]);
  });

  it('gives up on a peer that does not finish its handshake in time', async () => {
    const clock = handClock();
    const { address } = await startCoordinator(cleanUp, {}, { clock });
    const silent = rawSite(cleanUp, address);
    await silent.connected;
    const half = rawSite(cleanUp, address);
    await half.connected;
    const answered = new Promise((resolve) => half.socket.once('handshake', resolve));
    half.socket.emit('handshake', half.hello);
    await answered;
    clock.advance(handshakeMs);
    expect(await silent.farewell()).toBe('CSM-HANDSHAKE-TIMEOUT');
    expect(await half.farewell()).toBe('CSM-HANDSHAKE-TIMEOUT');
  });

  it('cuts off a peer that left while it was looked up, and kept its connection', async () => {
    let letIn: () => void = () => {};
    const leave = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    const asked = createWatch<string>();
    const { address, gateway } = await startCoordinator(cleanUp, {
      admit: async (site) => {
        asked.tell(site);
        if (site === north) await leave;
        return { standing: 'approved', certificate: null };
      },
    });
    const peer = rawSite(cleanUp, address);
    await peer.connected;
    void peer.shake();
    await asked.until((seen) => seen.includes(north));
    peer.socket.io.engine.write('1');
    await state(startSite(cleanUp, { address, trust: { ...trust, site: 'south' as typeof north } }), 'connected');
    letIn();
    await peer.gone;
    expect(gateway.connected()).toEqual(['south']);
  });

  it('refuses whatever is no handshake, and only that socket', async () => {
    const { address, gateway } = await startCoordinator(cleanUp);
    const honest = startSite(cleanUp, { address });
    await state(honest, 'connected');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('handshake', 'sealed', 'anything'),
        fc.oneof(fc.jsonValue(), fc.uint8Array()),
        async (event, value) => {
          const peer = rawSite(cleanUp, address);
          await peer.connected;
          peer.socket.emit(event, value);
          expect(await peer.farewell()).toMatch(/^CSM-HANDSHAKE-(MALFORMED|ORDER|VERSION)$/);
        },
      ),
      { numRuns: 25 },
    );
    expect(gateway.connected()).toEqual([north]);
    expect(honest.state().kind).toBe('connected');
  });

  it('leaves plain requests to others, who answer once', async () => {
    const { address, server } = await startCoordinator(cleanUp);
    server.on('request', (_, response) => response.headersSent || response.writeHead(500).end());
    for (const path of ['/', '/agents/', '/agents/?EIO=4&transport=polling']) {
      expect((await fetch(address + path)).status).toBe(404);
    }
  });

  it('says farewell when it stops, and the site waits for the next one', async () => {
    const { address, close } = await startCoordinator(cleanUp);
    const site = startSite(cleanUp, { address });
    await state(site, 'connected');
    const fault = firstFault(site);
    await close();
    expect(await fault).toMatchObject({ code: 'CSM-HANDSHAKE-CLOSED', details: { reason: 'stopped' } });
  });
});
