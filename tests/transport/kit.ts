import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, connect as dialTcp, type Socket } from 'node:net';
import {
  type GatewayHandlers,
  type GatewayOptions,
  openGateway,
  type UploadClaim,
} from '@consilium/coordinator/transport';
import { sha256 } from '@consilium/shared/canonical';
import { createIdentity, issueCertificate } from '@consilium/shared/crypto';
import { coded, fail } from '@consilium/shared/errors';
import type { BlobHash, ConsortiumId, RunId, SiteId, StepId } from '@consilium/shared/ids';
import { type SiteStatus, silentLog, systemClock } from '@consilium/shared/wire';
import {
  type Connection,
  type ConnectionState,
  type ConnectOptions,
  connect,
  type Sink,
} from '@consilium/site-agent/connection';

export const consortium = 'ab'.repeat(16) as ConsortiumId;
export const run = 'cd'.repeat(16) as RunId;
export const step = 'train:0:1' as StepId;
export const north = 'north' as SiteId;
export const mebibyte = 2 ** 20;

export const lead = createIdentity();
export const coordinator = createIdentity();
export const certificate = issueCertificate(lead, {
  consortium,
  role: 'coordinator',
  id: 'coordinator',
  publicKey: coordinator.publicKey,
  revision: 1,
  revoked: false,
});

/** Things opened in a test, closed in reverse order after it. */
export function createCleanUp() {
  const open: (() => Promise<unknown> | unknown)[] = [];
  return {
    later: (close: () => Promise<unknown> | unknown) => void open.push(close),
    async run() {
      for (let close = open.pop(); close !== undefined; close = open.pop()) await close();
    },
  };
}
export type CleanUp = ReturnType<typeof createCleanUp>;

/** Spools and blobs in memory, as a coordinator's store keeps them. */
export function memoryStore() {
  const blobs = new Map<BlobHash, Uint8Array>();
  const spools = new Map<string, { parts: Uint8Array[]; offset: number }>();
  const writes: { site: SiteId; offset: number; length: number }[] = [];
  return {
    blobs: {
      all: blobs,
      put(bytes: Uint8Array): BlobHash {
        const hash = sha256(bytes);
        blobs.set(hash, bytes);
        return hash;
      },
      size: async (hash: BlobHash) => (blobs.get(hash) ?? fail('CSM-ACCESS-BLOB', { hash })).length,
      read: async (hash: BlobHash, offset: number, length: number) =>
        (blobs.get(hash) ?? fail('CSM-ACCESS-BLOB', { hash })).slice(offset, offset + length),
    },
    writes,
    spools: {
      async open(claim: UploadClaim) {
        const key = [claim.site, claim.run, claim.step, claim.hash].join(' ');
        const spool = spools.get(key) ?? { parts: [], offset: 0 };
        spools.set(key, spool);
        return {
          offset: spool.offset,
          async write(offset: number, bytes: Uint8Array) {
            await new Promise(setImmediate);
            spool.parts.push(Uint8Array.from(bytes));
            spool.offset = offset + bytes.length;
            writes.push({ site: claim.site, offset, length: bytes.length });
            return spool.offset;
          },
          async finish() {
            const bytes = Buffer.concat(spool.parts);
            const hash = sha256(bytes);
            spools.delete(key);
            if (hash !== claim.hash) fail('CSM-TRANSFER-DIGEST', { hash: claim.hash });
            blobs.set(hash, bytes);
            return hash;
          },
          close: async () => {},
        };
      },
    },
  };
}

const listen = (server: Server | ReturnType<typeof createTcpServer>): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/** A gateway on a port of its own. Everything is allowed unless a test says otherwise. */
export async function startCoordinator(
  cleanUp: CleanUp,
  more: Partial<GatewayHandlers> = {},
  options: Partial<GatewayOptions> & { readonly tls?: { readonly key: string; readonly cert: string } } = {},
) {
  const store = memoryStore();
  const statuses: { site: SiteId; status: SiteStatus }[] = [];
  const answer: RequestListener = (_, response) => void response.writeHead(404).end();
  const server = options.tls ? createSecureServer(options.tls, answer) : createServer(answer);
  const gateway = openGateway({
    server,
    credentials: () => ({ identity: coordinator, certificate }),
    consortium,
    blobs: store.blobs,
    spools: store.spools,
    clock: systemClock,
    log: silentLog,
    ...options,
    handlers: {
      admit: async () => ({ standing: 'approved', certificate: null }),
      onStatus: (site, status) => void statuses.push({ site, status }),
      onSubmit: async (_, { manifest }) => fail('CSM-ACCESS-UPLOAD', { site: manifest.site, step: manifest.step }),
      mayUpload: () => true,
      mayDownload: () => true,
      onRekey: async () => {},
      onMoved: () => {},
      onGone: () => {},
      onTwoAgents: () => {},
      ...more,
    },
  });
  const port = await listen(server);
  const close = async () => {
    await gateway.close();
    await new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  };
  cleanUp.later(close);
  return {
    server,
    gateway,
    store,
    statuses,
    port,
    address: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    close,
  };
}

export const trust = { lead: lead.publicKey, consortium, site: north };
export const newInstance = () => randomBytes(8).toString('hex');

/** A site's connection that is quick to come back. */
export function startSite(
  cleanUp: CleanUp,
  options: Partial<ConnectOptions> & { readonly address: string },
): Connection {
  const connection = connect({
    identity: createIdentity(),
    trust,
    instance: newInstance(),
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    backoff: { baseMs: 5, capMs: 40 },
    ...options,
  });
  cleanUp.later(() => connection.close());
  return connection;
}

type StateOf<Kind> = Extract<ConnectionState, { readonly kind: Kind }>;

/** The next state of a kind, the present one included. */
export const state = <Kind extends ConnectionState['kind']>(
  connection: Connection,
  kind: Kind,
): Promise<StateOf<Kind>> =>
  new Promise((resolve) => {
    const isOf = (given: ConnectionState): given is StateOf<Kind> => given.kind === kind;
    const stop = connection.onState((given) => {
      if (!isOf(given)) return;
      resolve(given);
      queueMicrotask(() => stop());
    });
  });

/** The error with which the first try ends. */
export const firstFault = async (connection: Connection) => (await state(connection, 'waiting')).error;

/** Calls back when something told to `tell` satisfies a test: waiting without sleeping. */
export function createWatch<Value>() {
  const seen: Value[] = [];
  const waiting = new Set<() => void>();
  return {
    seen,
    tell(value: Value) {
      seen.push(value);
      for (const look of [...waiting]) look();
    },
    until: (test: (seen: readonly Value[]) => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!test(seen)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** A wire that can be cut: passes bytes to a port until told to drop all connections. */
export async function startWire(cleanUp: CleanUp, port: number) {
  const sockets = new Set<Socket>();
  let onBytes: (total: number) => void = () => {};
  let total = 0;
  let target = port;
  const server = createTcpServer((near) => {
    const far = dialTcp(target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        total += bytes.length;
        onBytes(total);
      });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const own = await listen(server);
  cleanUp.later(async () => {
    cut();
    await new Promise((done) => server.close(done));
  });
  return {
    address: `http://127.0.0.1:${own}`,
    cut,
    redirect(other: number) {
      target = other;
    },
    /** Cuts once, when so many bytes have passed in all. */
    cutAfter(bytes: number): Promise<void> {
      const limit = total + bytes;
      return new Promise((resolve) => {
        onBytes = (passed) => {
          if (passed < limit) return;
          onBytes = () => {};
          cut();
          resolve();
        };
      });
    },
  };
}

/** A proxy that knows CONNECT alone, as hospitals run it. */
export async function startProxy(cleanUp: CleanUp, status = 200) {
  const asked: string[] = [];
  const server = createServer();
  const sockets = new Set<Socket>();
  server.on('connect', (request, near: Socket) => {
    asked.push(request.url ?? '');
    sockets.add(near);
    near.on('error', () => {});
    if (status !== 200) return void near.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const far = dialTcp(Number(port), host, () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    far.on('error', () => near.destroy());
    sockets.add(far);
  });
  const port = await listen(server);
  cleanUp.later(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  });
  return { url: `http://127.0.0.1:${port}`, asked };
}

/** A sink in memory that can be kept from one process's life to the next. */
export function memorySink() {
  const parts: Uint8Array[] = [];
  let size = 0;
  const sink: Sink = {
    offset: async () => size,
    async write(offset, bytes) {
      if (offset !== size) throw coded('CSM-TRANSFER-OFFSET', { got: offset, expected: size });
      parts.push(Uint8Array.from(bytes));
      size += bytes.length;
    },
    digest: async () => sha256(Buffer.concat(parts)),
    async discard() {
      parts.length = 0;
      size = 0;
    },
  };
  return { ...sink, bytes: () => Buffer.concat(parts) };
}

/** A clock that stands still until it is told to go on. */
export function handClock() {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  let now = 0;
  return {
    now: () => now,
    after(ms: number, work: () => void) {
      const timer = { at: now + ms, run: work };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms: number) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}
