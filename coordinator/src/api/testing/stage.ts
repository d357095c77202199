import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIdentity, type Identity, invitationId } from '@consilium/shared/crypto';
import { type ConsortiumId, consortiumId, type SiteId } from '@consilium/shared/ids';
import { z } from 'zod';
import { keeperOf } from '../../home/index.js';
import { signCall } from '../../lead/index.js';
import type { Metrics } from '../../monitoring/index.js';
import { openSites, type Sites } from '../../sites/index.js';
import { openSqliteStore, type Store } from '../../store/index.js';
import { type Api, openApi } from '../api.js';
import type { ApiOptions } from '../options.js';
import { recordsOver } from '../over-store.js';
import { problem } from '../problem.js';
import type { Sight } from '../role.js';
import { type FakeRuns, fakeRuns } from './fake-runs.js';

/** A coordinator's API on a free port of loopback, over a store in memory and made-up runs. */
export interface Stage {
  readonly url: string;
  readonly lead: Identity;
  readonly coordinator: Identity;
  readonly consortium: ConsortiumId;
  readonly sites: Sites;
  readonly store: Store;
  readonly runs: FakeRuns;
  readonly api: Api;
  /** Moves the coordinator's clock. */
  readonly advance: (ms: number) => void;
  readonly now: () => Date;
  /** A call signed by the lead, or by whom the test says. */
  readonly call: (
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    as?: { readonly lead?: Identity; readonly now?: Date; readonly signedBody?: unknown; readonly signedPath?: string },
  ) => Promise<Response>;
  /** Posts as the page does; the origin is the coordinator's own unless the test says another. */
  readonly post: (
    path: string,
    body: unknown,
    as?: { readonly cookie?: string; readonly origin?: string },
  ) => Promise<Response>;
  /** Makes a page user by the lead's call and the link that it answers. @returns the cookie of a session */
  readonly signedIn: (name: string, sight: Sight) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** The password of every user that a stage makes. */
export const stagePassword = 'a long pass phrase';

/** What opens the metrics of a stage. */
export const stageToken = 'the-token-of-a-monitoring-system';

export async function openStage(
  options: {
    readonly runs?: FakeRuns;
    readonly storeWritable?: () => Promise<boolean>;
    readonly connected?: (site: SiteId) => boolean;
    readonly secure?: boolean;
    readonly behindProxy?: boolean;
    /** Null: the metrics are open to this machine. */
    readonly metricsToken?: string | null;
    readonly metrics?: Metrics;
    readonly lead?: Identity;
    readonly coordinator?: Identity;
    readonly consortium?: ConsortiumId;
    readonly realTime?: boolean;
    readonly checkModel?: ApiOptions['checkModel'];
  } = {},
): Promise<Stage> {
  const lead = options.lead ?? createIdentity();
  const coordinator = options.coordinator ?? createIdentity();
  const consortium = options.consortium ?? consortiumId.parse('0123456789abcdef0123456789abcdef');
  let atMs = Date.parse('2026-01-12T09:00:00.000Z');
  const now = options.realTime === true ? () => new Date() : () => new Date(atMs);
  const store = await openSqliteStore({ file: ':memory:' });
  const sites = await openSites({
    store,
    consortium,
    lead: lead.publicKey,
    keeper: () => keeperOf(coordinator),
    now,
  });
  const runs = options.runs ?? fakeRuns();
  let url = '';
  const quiet = { info: () => {}, error: () => {} };
  const api = openApi({
    runs,
    sites,
    own: { current: () => coordinator, next: async () => null },
    settings: {
      version: '0.0.0-test',
      consortium,
      lead: lead.publicKey,
      address: () => url,
      secure: options.secure ?? false,
      behindProxy: options.behindProxy ?? false,
      metricsToken: options.metricsToken === undefined ? stageToken : options.metricsToken,
    },
    metrics: options.metrics ?? { text: async () => '' },
    records: recordsOver(store, now),
    checkModel: options.checkModel ?? (async () => []),
    connected: options.connected ?? (() => false),
    storeWritable: options.storeWritable ?? (async () => true),
    now,
    random: randomBytes,
    log: quiet,
  });
  const server = createServer();
  api.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${isBound(address) ? address.port : 0}`;

  const call: Stage['call'] = async (method, path, body, as = {}) => {
    const bytes = encode(body);
    const headers = signCall(as.lead ?? lead, {
      method,
      path: as.signedPath ?? path,
      consortium,
      body: 'signedBody' in as ? encode(as.signedBody) : bytes,
      now: as.now ?? now(),
      random: randomBytes,
    });
    const sent = body === undefined ? {} : { body: Buffer.from(bytes) };
    return fetch(url + path, { method, headers: { ...headers, 'content-type': 'application/json' }, ...sent });
  };
  const post: Stage['post'] = (path, body, { cookie, origin = url } = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin, ...(cookie === undefined ? {} : { cookie }) },
      body: JSON.stringify(body),
    });

  return {
    url,
    lead,
    coordinator,
    consortium,
    sites,
    store,
    runs,
    api,
    now,
    advance: (ms) => {
      atMs += ms;
    },
    call,
    post,
    async signedIn(name, sight) {
      if (sight.role === 'site' && !sites.roster().members.has(sight.site)) {
        const invitation = invitationId.parse(randomBytes(16).toString('hex'));
        const notAfter = new Date(now().getTime() + 86_400_000);
        await sites.invite({ site: sight.site, invitation, nonce: 'A'.repeat(22), gateKey: randomBytes(32), notAfter });
      }
      const { link } = z
        .object({ link: z.string() })
        .parse(await (await call('POST', '/api/users', { name, sight })).json());
      return cookieOf(await post('/api/setup', { token: tokenIn(link), password: stagePassword }));
    },
    async close() {
      api.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store.close();
    },
  };
}

/** The cookie that an answer sets, as later calls send it. */
export const cookieOf = (response: Response): string =>
  (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';

/** The token in a set-up link. */
export const tokenIn = (link: string | null): string => /#setup=([\w-]{43})/.exec(link ?? '')?.[1] ?? '';

/** How a call was refused; code null when it was not. */
export async function refusalOf(response: Response): Promise<{
  readonly status: number;
  readonly code: string | null;
  readonly details: Readonly<Record<string, string | number>>;
}> {
  const parsed = problem.safeParse(await response.json());
  const { code, details } = parsed.success ? parsed.data.error : { code: null, details: {} };
  return { status: response.status, code, details };
}

const encode = (body: unknown): Uint8Array => Buffer.from(body === undefined ? '' : JSON.stringify(body));

const isBound = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;
