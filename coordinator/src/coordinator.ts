import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fingerprint } from '@consilium/shared/crypto';
import { CodedError, coded, fail } from '@consilium/shared/errors';
import type { ConsortiumId, PublicKey, SiteId } from '@consilium/shared/ids';
import { type Clock, type Log, systemClock } from '@consilium/shared/wire';
import { z } from 'zod';
import { openApi, recordsOver } from './api/index.js';
import { createReassigner, type LiveSite, openRuns, presenceBoard, siteDesk } from './conduct/index.js';
import { type CoordinatorHome, keeperOf, openCoordinatorHome, ownKey } from './home/index.js';
import { checkModel } from './initial/index.js';
import { isLoopback } from './loopback.js';
import { observe, openMetrics } from './monitoring/index.js';
import { approvedSites, openSites, rekeyedSites, revokedSites } from './sites/index.js';
import {
  type BlobPlace,
  type Disk,
  diskUsage,
  holdsBlobs,
  openBlobFolder,
  openSqliteStore,
  realDisk,
  type Store,
} from './store/index.js';
import { openGateway } from './transport/index.js';
import { version } from './version.js';

const tickMs = 1_000;
/** A computer that slept, or a loop that was blocked, is not a site that was idle. */
const longestTickMs = 10_000;

export interface CoordinatorOptions {
  /** Folder of this coordinator: keys, store, blobs. */
  readonly home: string;
  readonly passphrase: string;
  readonly consortium: ConsortiumId;
  readonly lead: PublicKey;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** How sites and people reach it; made of host and port when left out. */
  readonly address?: string;
  /** PEM texts. Without them plain HTTP is spoken: on loopback, or behind a proxy that ends TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly behindProxy?: boolean;
  /** Bearer token that opens the metrics; without one only programs on this machine may read them. */
  readonly metricsToken?: string;
  readonly log: Log;
}

/** What a coordinator stands on: the machine's own time and disk, unless a test hands in some that fail. */
export interface Ground {
  readonly now: () => Date;
  /** Monotonic: idle limits and everything else that waits. */
  readonly clock: Clock;
  readonly openStore: (place: { readonly file: string }) => Promise<Store>;
  /** Where blobs and spools lie. */
  readonly disk: Disk;
}

export interface Coordinator {
  readonly url: string;
  readonly fingerprint: string;
  /** Link that makes the first page user; null once there is one. */
  readonly setupLink: string | null;
  close(): Promise<void>;
}

/** Until all of a request's first lines are there: who sends them drop by drop keeps no connection. */
const headersMs = 10_000;
const limitsOfServer = { headersTimeout: headersMs, connectionsCheckingInterval: 2_000 };

/**
 * Starts a coordinator: opens its folder, takes up every run where it stood, and opens the door for sites and the lead.
 * @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-HOME-PLAIN, CSM-HOME-PORT, CSM-STORE-*, CSM-BLOB-KEY, CSM-BLOB-NO-SPACE
 */
export async function startCoordinator(
  options: CoordinatorOptions,
  { now = () => new Date(), clock = systemClock, openStore = openSqliteStore, disk = realDisk }: Partial<Ground> = {},
): Promise<Coordinator> {
  const { host, tls, behindProxy = false } = options;
  if (!tls && !behindProxy && !isLoopback(host)) fail('CSM-HOME-PLAIN', { host });

  const home = await openCoordinatorHome(options.home, options.passphrase, disk);
  const store = await openStore({ file: home.storeFile });
  let place: BlobPlace | null = null;
  try {
    const isNew = (await store.chains()).length === 0;
    // A sweep would remove every blob, and a backup of the database alone could not bring them back.
    if (isNew && (await holdsBlobs(home.blobFolder))) fail('CSM-STORE-EMPTIED', { file: home.storeFile });
    place = await openBlobFolder({ folder: home.blobFolder, dataKey: home.dataKey, disk });
    return await serve(options, { home, store, place, now, clock });
  } catch (thrown) {
    await place?.close();
    await store.close();
    throw isDamage(thrown) ? coded('CSM-STORE-DAMAGED', { file: home.storeFile }, { cause: thrown }) : thrown;
  }
}

/** What the store holds is not what was written there. */
const isDamage = (thrown: unknown): boolean =>
  thrown instanceof SyntaxError ||
  thrown instanceof z.ZodError ||
  (thrown instanceof CodedError && /^CSM-(?:JOURNAL|CONTRACT)-/.test(thrown.code));

interface Opened {
  readonly home: CoordinatorHome;
  readonly store: Store;
  readonly place: BlobPlace;
  readonly now: () => Date;
  readonly clock: Clock;
}

async function serve(options: CoordinatorOptions, { home, store, place, now, clock }: Opened): Promise<Coordinator> {
  const { consortium, lead, host, port, tls, behindProxy = false, metricsToken = null, log } = options;
  const { blobs, spools } = place;
  const own = ownKey(home, consortium);
  const keeper = () => keeperOf(own.current());

  const sites = await openSites({ store, consortium, lead, keeper, now, beforeSuccession: () => runs.rekey() });
  // The process may have ended between the lead's word on the next key and what follows from it.
  const certifiedKey = sites.roster().coordinator?.body.publicKey;
  if (certifiedKey !== undefined && certifiedKey !== own.current().publicKey) {
    await own.next();
    await own.certified(certifiedKey);
  }
  const presence = presenceBoard(() => clock.now());
  const approved = (): readonly SiteId[] => approvedSites(sites.roster());
  const keyOf = (site: SiteId): PublicKey | null => {
    const body = sites.roster().members.get(site)?.certificate?.body;
    return body && !body.revoked ? body.publicKey : null;
  };
  const live = (site: SiteId): LiveSite => {
    const here = presence.of(site);
    const { receivedBytes, sentBytes } = gateway.bytesOf(site);
    return {
      presence: here,
      heardSecondsAgo: here === null ? null : Math.round((clock.now() - here.heardMs) / 1000),
      bytesIn: receivedBytes,
      bytesOut: sentBytes,
    };
  };

  const runs = await openRuns({
    store,
    blobs,
    spools,
    lead,
    consortium,
    keeper: () => ({ ...keeper(), cameBy: sites.roster().coordinatorChange }),
    now,
    approved,
    live,
    launched: (run, contract) => sites.launched(run, contract),
    reassign: createReassigner(
      (site) => gateway.assign(site, desk.assignment(site)),
      (site, err) => log.error({ site, err }, 'a site was not told what to do'),
    ),
    onFault: (run, thrown) => log.error({ run, err: thrown }, 'a run met a fault'),
  });
  const desk = siteDesk({
    runs,
    store,
    blobs,
    spools,
    presence,
    keyOf,
    onFault: (thrown) => log.error({ err: thrown }, 'an input to a run failed'),
  });

  const server = tls
    ? createTlsServer({ ...limitsOfServer, handshakeTimeout: headersMs, cert: tls.cert, key: tls.key })
    : createServer(limitsOfServer);
  const gateway = openGateway({
    server,
    credentials: () => ({
      identity: own.current(),
      certificate: sites.roster().coordinator ?? fail('CSM-HOME-NOT-ADOPTED'),
    }),
    consortium,
    blobs,
    spools,
    clock,
    log,
    handlers: {
      admit: (site, publicKey, enrolment) => sites.admit(site, publicKey, enrolment),
      onStatus: (site, status) => desk.heard(site, status),
      onSubmit: (site, contribution) => desk.submit(site, contribution),
      mayUpload: (site, claim) => desk.mayUpload(site, claim),
      mayDownload: (site, hash) => desk.mayDownload(site, hash),
      onRekey: (site, change) => sites.askRekey(site, change),
      onMoved: (site, moved) => desk.moved(site, moved),
      onGone: (site) => {
        presence.gone(site);
        for (const { state } of runs.open()) runs.touched(state.contract.run);
      },
      onTwoAgents: (site) => void sites.collided(site).catch((err) => log.error({ err }, 'an alarm was not journaled')),
    },
  });
  // Called before anything new is made, which it could take for a leftover; the door does not wait for its end.
  const sweeping = runs.sweep().then(
    (swept) => {
      if (swept > 0) log.info({ swept }, 'blobs that no run needs were removed');
    },
    (err) => log.error({ err }, 'blobs that no run needs could not be removed'),
  );
  // Not before: what a run does leads to what sites are told.
  runs.begin();
  // The process may have ended between a word of the lead on keys and what follows from it in the runs.
  const untold = (err: unknown) => log.error({ err }, 'a run was not told of a key that changed or ended');
  await runs.rekey().catch(untold);
  for (const { site, certificate, runs: knew } of rekeyedSites(sites.roster())) {
    await runs.tell({ kind: 'rekeyed', site, certificate }, knew).catch(untold);
  }
  for (const site of revokedSites(sites.roster())) await runs.tell({ kind: 'revoked', site }).catch(untold);
  for (const site of approved()) gateway.assign(site, desk.assignment(site));

  sites.subscribe((change) => {
    if (change.kind === 'approved') {
      const certificate = sites.roster().members.get(change.site)?.certificate ?? null;
      gateway.welcome(change.site, { standing: 'approved', certificate });
      gateway.assign(change.site, desk.assignment(change.site));
      void runs.tell({ kind: 'approved', site: change.site }).catch((err) => log.error({ err }, 'an approval failed'));
    }
    if (change.kind === 'replaced') {
      const { site, certificate, publicKey } = change;
      gateway.disconnect(site, coded('CSM-SITE-REPLACED', { site }), publicKey);
      void runs.tell({ kind: 'rekeyed', site, certificate }).catch((err) => log.error({ err }, 'a new key failed'));
    }
    if (change.kind === 'coordinator-certified') {
      const { certificate } = change;
      own
        .certified(certificate.body.publicKey)
        .catch((err) => log.error({ err }, 'the new key was not put in its place'));
      gateway.certified(certificate);
      void runs.rekey().catch((err) => log.error({ err }, 'a new key failed'));
    }
    if (change.kind === 'revoked') {
      gateway.disconnect(change.site, coded('CSM-SITE-REVOKED', { site: change.site }), change.publicKey);
      void runs.tell({ kind: 'revoked', site: change.site }).catch((err) => log.error({ err }, 'a revocation failed'));
    }
  });

  const api = openApi({
    runs,
    sites,
    own,
    settings: {
      ...{ version, consortium, lead, address: () => address },
      ...{ secure: !!tls || behindProxy, behindProxy, metricsToken },
    },
    metrics: openMetrics(() =>
      observe({
        ...{ version, sites, live, gateway, desk, runs, store, now },
        diskUsage: () => diskUsage(home.blobFolder),
      }),
    ),
    records: recordsOver(store, now),
    // Weights of a file are refused before, so no folder is looked into.
    checkModel: async (run, signal) => (await checkModel(run, home.blobFolder, signal)).warnings,
    connected: gateway.isHere,
    storeWritable: () =>
      store
        .write(async () => true)
        .catch((err: unknown) => {
          log.error({ err }, 'the store cannot be written');
          return false;
        }),
    now,
    random: randomBytes,
    log,
  });
  api.attach(server);

  const url = await listen(server, host, port, tls ? 'https' : 'http');
  const address = options.address ?? url;

  let last = clock.now();
  const ticker = setInterval(() => {
    const time = clock.now();
    desk.tick(Math.min(time - last, longestTickMs));
    last = time;
  }, tickMs);

  return {
    url,
    fingerprint: fingerprint(own.current().publicKey),
    setupLink: await api.setupLink(),
    async close() {
      clearInterval(ticker);
      api.close();
      await gateway.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await runs.close();
      await sweeping;
      await sites.settled();
      await place.close();
      await store.close();
    },
  };
}

async function listen(server: Server, host: string, port: number, scheme: string): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (thrown) {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    fail('CSM-HOME-PORT', { host, port, reason });
  }
  const { port: actual } = server.address() as AddressInfo;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${actual}`;
}
