import { siteId } from '@consilium/shared/ids';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleView, type FakeRuns, fakeRuns } from '../testing/fake-runs.js';
import { openStage, type Stage } from '../testing/stage.js';
import { maxPages } from './live.js';
import { livePath, liveState, pageNamespace } from './shapes.js';

const view = exampleView();
const own = { role: 'site', site: siteId.parse('hospital-a') } as const;
let runs: FakeRuns;
let stage: Stage;
let sockets: Socket[];

beforeEach(async () => {
  runs = fakeRuns([view]);
  stage = await openStage({ runs });
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.disconnect();
  await stage.close();
});

/** A page that is open. */
function page(cookie: string | null, { origin = stage.url, run }: { origin?: string; run?: string } = {}): Socket {
  const socket = io(stage.url + pageNamespace, {
    path: livePath,
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: { origin, ...(cookie === null ? {} : { cookie }) },
    ...(run === undefined ? {} : { auth: { run } }),
  });
  sockets.push(socket);
  return socket;
}

/** Waits for the first state that fulfils the condition; each one is told to have been seen. */
const until = (socket: Socket, wanted: (state: ReturnType<typeof liveState.parse>) => boolean) =>
  new Promise<ReturnType<typeof liveState.parse>>((resolve) => {
    socket.on('state', (sent: unknown, seen: () => void) => {
      const state = liveState.parse(sent);
      seen();
      if (wanted(state)) resolve(state);
    });
  });
const event = (socket: Socket, name: string) => new Promise<unknown>((resolve) => socket.once(name, resolve));
const roundOf = (state: ReturnType<typeof liveState.parse>) => (state.kind === 'run' ? state.run.round : null);

describe('a page', () => {
  it('is sent the runs and the sites that its user may see as soon as it is there', async () => {
    const state = await until(page(await stage.signedIn('ada', { role: 'viewer' })), () => true);
    expect(state).toMatchObject({ kind: 'overview', me: { name: 'ada', role: 'viewer' }, runs: [{ run: view.run }] });
    expect(JSON.stringify(state)).not.toContain('hospital-');
  });

  it('is sent a run now and after each change, narrowed, with its newest judged round alone', async () => {
    const socket = page(await stage.signedIn('ada', own), { run: view.run });
    const first = await until(socket, () => true);
    if (first.kind !== 'run') throw new Error('no run');
    expect(first.run.sites.map(({ site }) => site)).toEqual(['hospital-a']);
    expect(first.run).toMatchObject({ judgedRounds: 8, latest: { round: 8, sites: [{ site: 'hospital-a' }] } });
    expect(JSON.stringify(first)).not.toMatch(/hospital-[b-d]/);
    runs.show({ ...view, round: 10 });
    expect(roundOf(await until(socket, (state) => roundOf(state) === 10))).toBe(10);
  });

  it('asks for something else, and is told when there is no such run', async () => {
    const socket = page(await stage.signedIn('ada', own));
    await until(socket, ({ kind }) => kind === 'overview');
    const refused = event(socket, 'refused');
    socket.emit('watch', { run: '0'.repeat(32) });
    expect(await refused).toMatchObject({ error: { code: 'CSM-RUN-UNKNOWN' } });
    socket.emit('watch', { run: view.run });
    await until(socket, ({ kind }) => kind === 'run');
  });

  it('that asks for unknown runs without end is told of a few', async () => {
    const socket = page(await stage.signedIn('ada', own));
    const unknown = { run: '0'.repeat(32) };
    await until(socket, () => true);
    const first = event(socket, 'refused');
    socket.emit('watch', unknown);
    await first;
    let told = 0;
    socket.on('refused', () => {
      told += 1;
    });
    for (let asked = 0; asked < 500; asked++) {
      socket.emit('watch', unknown);
      await new Promise(setImmediate);
    }
    socket.emit('watch', { run: view.run });
    await until(socket, ({ kind }) => kind === 'run');
    expect(told).toBeLessThan(10);
  });

  it('that reads slowly gets the newest state and none of those in between', async () => {
    const socket = page(await stage.signedIn('ada', own), { run: view.run });
    const seen: (number | null)[] = [];
    const late = await new Promise<() => void>((resolve) => {
      socket.once('state', (_state: unknown, acknowledge: () => void) => resolve(acknowledge));
    });
    for (let round = 10; round <= 30; round++) runs.show({ ...view, round });
    const last = until(socket, (state) => seen.push(roundOf(state)) > 0 && roundOf(state) === 30);
    late();
    await last;
    expect(seen).toEqual([30]);
  });

  it('of many changes at once is sent a few', async () => {
    const socket = page(await stage.signedIn('ada', own), { run: view.run });
    let sent = 0;
    const last = until(socket, (state) => {
      sent += 1;
      if (sent === 1) for (let round = 10; round <= 200; round++) runs.show({ ...view, round });
      return roundOf(state) === 200;
    });
    await last;
    expect(sent).toBe(2);
  });
});

describe('a page is cut off', () => {
  const ended = async (socket: Socket) => {
    const [refused] = await Promise.all([event(socket, 'refused'), event(socket, 'disconnect')]);
    return refused;
  };
  const signedOut = { error: { code: 'CSM-API-SIGNED-OUT' } };

  it('when it asks for what makes no sense', async () => {
    const socket = page(await stage.signedIn('ada', own));
    await until(socket, () => true);
    const end = ended(socket);
    for (let asked = 0; asked < 10; asked++) socket.emit('watch', 'everything');
    expect(await end).toMatchObject({ error: { code: 'CSM-API-BODY' } });
  });

  it('when its user signs out', async () => {
    const cookie = await stage.signedIn('ada', own);
    const socket = page(cookie);
    await until(socket, () => true);
    const end = ended(socket);
    await stage.post('/api/sign-out', {}, { cookie });
    expect(await end).toMatchObject(signedOut);
  });

  it('when its user is removed, also while it does not read', async () => {
    const socket = page(await stage.signedIn('ada', own));
    await event(socket, 'state');
    const end = ended(socket);
    await stage.call('POST', '/api/users/ada/remove');
    expect(await end).toMatchObject(signedOut);
  });

  it('when the session ends by itself', async () => {
    const socket = page(await stage.signedIn('ada', own));
    await until(socket, () => true);
    const end = ended(socket);
    stage.advance(13 * 3_600_000);
    runs.show({ ...view, round: 10 });
    expect(await end).toMatchObject(signedOut);
  });
});

it('however many come at one time, no more are let in than there are places', async () => {
  const cookie = await stage.signedIn('ada', own);
  const pages = Array.from({ length: maxPages + 5 }, () => page(cookie));
  const fates = await Promise.all(
    pages.map(
      (socket) =>
        new Promise<string>((resolve) => {
          for (const fate of ['state', 'refused', 'connect_error']) socket.once(fate, () => resolve(fate));
        }),
    ),
  );
  expect(fates.filter((fate) => fate === 'state')).toHaveLength(maxPages);
});

describe('nobody is let in', () => {
  const refused = async (socket: Socket) => {
    const error = await event(socket, 'connect_error');
    return error instanceof Error;
  };

  it('without a session', async () => {
    expect(await refused(page(null))).toBe(true);
    expect(await refused(page(`consilium=${'A'.repeat(43)}`))).toBe(true);
  });

  it('from a page of somebody else', async () => {
    const cookie = await stage.signedIn('ada', own);
    expect(await refused(page(cookie, { origin: 'https://evil.example' }))).toBe(true);
  });

  it('outside the namespace of the page', async () => {
    const cookie = await stage.signedIn('ada', own);
    const socket = io(stage.url, {
      ...{ path: livePath, transports: ['websocket'], reconnection: false, forceNew: true },
      extraHeaders: { origin: stage.url, cookie },
    });
    sockets.push(socket);
    expect(await refused(socket)).toBe(true);
  });
});
