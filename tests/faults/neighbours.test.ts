import { connect as connectTcp, type Socket } from 'node:net';
import type { GatewayOptions } from '@consilium/coordinator/transport';
import { sha256 } from '@consilium/shared/canonical';
import { type Channel, createIdentity, type TransferFrame } from '@consilium/shared/crypto';
import type { SiteId } from '@consilium/shared/ids';
import {
  type Clock,
  frameBytes,
  handshakeMs,
  maxHandshakeBytes,
  maxHandshakes,
  maxSiteTransfers,
  maxUnproven,
  maxUnread,
  maxUnreadBytes,
  systemClock,
  windowBytes,
} from '@consilium/shared/wire';
import { memorySource } from '@consilium/site-agent/connection';
import { afterEach, describe, expect, it } from 'vitest';
import { openConsortium } from '../harness/consortium.js';
import {
  createCleanUp,
  createWatch,
  handClock,
  newInstance,
  north,
  run,
  startCoordinator,
  startSite,
  state,
  step,
  trust,
} from '../transport/kit.js';
import { rawSite } from '../transport/raw-site.js';
import { openProxy } from './proxy.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

/** By this clock no site ever sends too many messages a second. */
const hasty: Clock = { ...systemClock, now: () => 1_000 * systemClock.now() };
const oneRound = { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } };
const hash = 'ab'.repeat(32);
const download = { type: 'open', direction: 'download', run, step, hash, bytes: 0, window: 2 ** 20 };
const zeroBytes = 200 * 2 ** 20;
/** Blobs of nothing, of which there is no end. */
const zeros: GatewayOptions['blobs'] = {
  size: async () => zeroBytes,
  read: async (_, __, length) => new Uint8Array(length),
};
const upload = { ...download, transfer: 0, direction: 'upload', bytes: 2 ** 30 };
const error = { code: 'CSM-TRANSFER-CLOSED', details: {} };
const piece: TransferFrame = { transfer: 0, offset: 0, bytes: new Uint8Array(1) };
const seal = (channel: Channel, message: object) =>
  message === piece ? channel.sealFrame(piece) : channel.sealControl(message);
const status = {
  ...{ type: 'status', instance: newInstance(), version: '1', node: 'v20', backend: null, run, step },
  ...{ activity: 'training', progress: null, error: null },
};
const contribution = {
  manifest: {
    ...{ consortium: trust.consortium, run, contract: hash, step, site: north, base: null },
    ...{ kind: 'statistics', codec: 'json', samples: 1, hash, bytes: 1 },
  },
  signature: 'A'.repeat(86),
};

/** A coordinator with an honest site on it, and a line to it that another stands at. */
async function scene(clock: Clock = systemClock, blobs: Partial<Pick<GatewayOptions, 'blobs'>> = {}) {
  const ends = createWatch<string>();
  const log = {
    debug() {},
    warn() {},
    error() {},
    info: (entry: object) => {
      const { code } = entry as { readonly code?: string };
      if (code !== undefined) ends.tell(code);
    },
  };
  const there = await startCoordinator(cleanUp, {}, { log, clock, ...blobs });
  const proxy = await openProxy(there.port);
  cleanUp.later(proxy.close);
  const honest = startSite(cleanUp, { address: there.address, trust: { ...trust, site: 'south' as typeof north } });
  await state(honest, 'connected');
  const expectUnharmed = () => {
    expect(honest.state().kind).toBe('connected');
    expect(there.gateway.connected()).toContain('south');
  };
  return { ...there, proxy, honest, ends, expectUnharmed };
}

describe('an enrolled site', () => {
  it('that asks without end and never reads the answers is sent away before they fill the memory', async () => {
    const { proxy, ends, expectUnharmed } = await scene(hasty);
    const peer = rawSite(cleanUp, proxy.address, createIdentity());
    await peer.connected;
    const channel = await peer.shake();
    proxy.stallOneWay('down');
    const ask = (transfer: number) => peer.say(channel.sealControl({ ...download, transfer }));
    let asked = 0;
    while (!ends.seen.includes('CSM-CHANNEL-UNREAD') && asked < 50 * maxUnread) {
      for (let burst = 0; burst < 512; burst++) ask(asked++);
      await new Promise(setImmediate);
    }
    expect(ends.seen).toContain('CSM-CHANNEL-UNREAD');
    expectUnharmed();
  });

  it('that acknowledges without end what it never reads is sent away, too', async () => {
    const { proxy, ends, gateway, expectUnharmed } = await scene(systemClock, { blobs: zeros });
    const before = process.memoryUsage().arrayBuffers;
    const peer = rawSite(cleanUp, proxy.address, createIdentity());
    await peer.connected;
    const channel = await peer.shake();
    proxy.stallOneWay('down');
    peer.say(channel.sealControl({ ...download, transfer: 1, window: windowBytes }));
    let most = 0;
    for (let acked = 0; acked < zeroBytes && !ends.seen.includes('CSM-CHANNEL-UNREAD'); ) {
      const { sentBytes } = gateway.bytesOf(north);
      const sent = sentBytes - (sentBytes % frameBytes);
      if (sent > acked) peer.say(channel.sealControl({ type: 'ack', transfer: 1, offset: sent }));
      acked = Math.max(acked, sent);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      await new Promise(setImmediate);
    }
    expect(ends.seen).toContain('CSM-CHANNEL-UNREAD');
    expect(most).toBeLessThan(2 * maxUnreadBytes);
    expectUnharmed();
  });

  it('that comes again and again and reads nothing of what it asks for leaves no session’s bytes behind', async () => {
    const { port, server, gateway, expectUnharmed } = await scene(systemClock, { blobs: zeros });
    const identity = createIdentity();
    const accepted: Socket[] = [];
    server.on('connection', (socket: Socket) => accepted.push(socket));
    for (let turn = 0; turn < 4; turn++) {
      const proxy = await openProxy(port);
      cleanUp.later(proxy.close);
      const before = gateway.bytesOf(north).sentBytes;
      const peer = rawSite(cleanUp, proxy.address, identity);
      await peer.connected;
      const channel = await peer.shake();
      // Those before have gone when the newest one is welcome.
      expect(accepted.map(({ destroyed }) => destroyed)).toEqual([...Array(turn).fill(true), false]);
      proxy.stallOneWay('down');
      for (let transfer = 0; transfer < maxSiteTransfers; transfer++) {
        peer.say(channel.sealControl({ ...download, transfer, window: windowBytes }));
      }
      while (gateway.bytesOf(north).sentBytes - before < 2 * windowBytes) await new Promise(setImmediate);
    }
    expectUnharmed();
  });

  it('that keeps every place it is given leaves room for the others, also with two more of its kind', async () => {
    const { address, gateway, honest, store, expectUnharmed } = await scene(handClock(), { blobs: zeros });
    for (const site of ['north', 'east', 'west'] as SiteId[]) {
      const peer = rawSite(cleanUp, address, createIdentity(), { ...trust, site });
      await peer.connected;
      const channel = await peer.shake();
      for (let transfer = 0; transfer < maxSiteTransfers; transfer++) {
        peer.say(channel.sealControl({ ...download, transfer, window: windowBytes }));
      }
      await peer.hear('opened');
      expect(gateway.traffic().find((one) => one.site === site)?.downloads).toBe(maxSiteTransfers);
    }
    const bytes = new Uint8Array(3 * windowBytes);
    const sent = { run, step, hash: sha256(bytes) };
    await honest.upload(sent, memorySource(bytes));
    expect(store.blobs.all.has(sent.hash)).toBe(true);
    expectUnharmed();
  });

  it('that leaves its session and keeps its connection is cut off', async () => {
    const { address, ends, expectUnharmed } = await scene();
    const peer = rawSite(cleanUp, address, createIdentity());
    await peer.connected;
    await peer.shake();
    peer.socket.io.engine.write('1');
    await peer.gone;
    expect(ends.seen).toEqual(['CSM-HANDSHAKE-CLOSED']);
    expectUnharmed();
  });

  it.each([
    ['statuses', () => status],
    ['contributions', () => ({ type: 'submit', contribution })],
    ['transfers that it opens and leaves', (transfer: number) => ({ ...download, transfer })],
    [
      'pieces of a transfer that it has ended',
      (turn: number) => [upload, { type: 'abort', transfer: 0, error }][turn] ?? piece,
    ],
  ])('that sends %s without end is sent away, at once when it comes again, and nobody else', async (_, message) => {
    const { address, gateway, expectUnharmed } = await scene();
    const identity = createIdentity();
    const heard: number[] = [];
    for (let life = 0; life < 2; life++) {
      const before = gateway.bytesOf(north).receivedBytes;
      const peer = rawSite(cleanUp, address, identity);
      await peer.connected;
      const channel = await peer.shake();
      let isGone = false;
      void peer.gone.then(() => {
        isGone = true;
      });
      for (let sent = 0; !isGone; ) {
        for (let burst = 0; burst < 256; burst++) peer.say(seal(channel, message(sent++)));
        await new Promise(setImmediate);
      }
      expect(await peer.farewell()).toBe('CSM-CHANNEL-FLOOD');
      heard.push(gateway.bytesOf(north).receivedBytes - before);
    }
    expect(heard[1]).toBeLessThan(heard[0]! / 2);
    expectUnharmed();
  });
});

/** A bare websocket that says what it is told to, piece by piece. */
function bareSocket(port: number) {
  const socket = connectTcp(port, '127.0.0.1', () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13';
    const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    socket.write(`GET /agents/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n${key}\r\n\r\n`);
  });
  socket.on('error', () => {});
  cleanUp.later(() => void socket.destroy());
  return {
    answered: new Promise<void>((resolve) => {
      socket.once('data', () => resolve());
    }),
    gone: new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    }),
    say(payload: string | Uint8Array) {
      const bytes = Buffer.from(payload);
      const head = Buffer.from([typeof payload === 'string' ? 0x81 : 0x82, 0x80 | 126, 0, 0, 0, 0, 0, 0]);
      head.writeUInt16BE(bytes.length, 2);
      socket.write(Buffer.concat([head, bytes]));
    },
  };
}

describe('strangers', () => {
  it('that do not even begin a handshake are counted, and cut off in time', async () => {
    const clock = handClock();
    const { port, address, expectUnharmed } = await scene(clock);
    const closes = createWatch<number>();
    const surplus = 44;
    const bare = Array.from({ length: maxUnproven + surplus }, () => bareSocket(port));
    for (const { gone } of bare) void gone.then(() => closes.tell(1));
    await Promise.all(bare.map(({ answered, gone }) => Promise.race([answered, gone])));
    await closes.until((seen) => seen.length >= surplus);
    expect(closes.seen.length).toBe(surplus);
    clock.advance(handshakeMs);
    await Promise.all(bare.map(({ gone }) => gone));
    const peer = rawSite(cleanUp, address, createIdentity());
    await peer.connected;
    await peer.shake();
    expectUnharmed();
  });

  it.each([
    ['ask for rooms that there are not', ['40/elsewhere,']],
    [
      'announce more than a handshake and begin to send it',
      ['4510-["handshake",{"_placeholder":true,"num":0}]', ...Array(3).fill(new Uint8Array(maxHandshakeBytes / 2))],
    ],
  ])('that %s are cut off at once', async (_, pieces) => {
    const { port, expectUnharmed } = await scene(handClock());
    const bare = bareSocket(port);
    await bare.answered;
    for (const piece of ['40', ...pieces]) bare.say(piece);
    await bare.gone;
    expectUnharmed();
  });

  it('that send a request drop by drop, or its body, are cut off, and a site beside them is served', async () => {
    await using consortium = await openConsortium();
    const { port } = new URL(consortium.coordinator().url);
    const withBody = ' HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\n';
    const starts = [
      'GET / HTTP/1.1\r\n',
      `GET /${withBody}`,
      `GET /healthz${withBody}`,
      `POST /api/sign-in${withBody.replace('host: x', `host: x\r\norigin: http://127.0.0.1:${port}`)}`,
      `POST /nothing${withBody}`,
    ];
    const slow = Array.from({ length: 50 }, (_, index) => {
      const socket = connectTcp(Number(port), '127.0.0.1', () => void socket.write(starts[index % starts.length]!));
      const drops = setInterval(() => socket.write('x: 1\r\n'), 500);
      // One that was cut off may still be written to.
      socket.on('error', () => {});
      socket.resume();
      return new Promise<void>((resolve) => {
        socket.once('close', () => {
          clearInterval(drops);
          resolve();
        });
      });
    });
    await consortium.join('hospital-a');
    const { run } = await consortium.lead.launch(consortium.lead.contract({ training: oneRound }));
    expect(await consortium.until(run, ({ phase }) => phase === 'closed')).toMatchObject({ outcome: 'complete' });
    await Promise.all(slow);
  });

  it('that connect and say nothing take no more places than there are, and no enrolled site loses its own', async () => {
    const { address, expectUnharmed } = await scene();
    const silent = Array.from({ length: maxHandshakes }, () => rawSite(cleanUp, address));
    await Promise.all(silent.map(({ connected }) => connected));
    const surplus = rawSite(cleanUp, address);
    expect(await surplus.farewell()).toBe('CSM-HANDSHAKE-BUSY');
    expectUnharmed();
  });
});
