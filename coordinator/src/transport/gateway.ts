import type { Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import {
  type Certificate,
  type Channel,
  type ChannelKeys,
  coordinatorHandshake,
  type Identity,
  type ProvenSite,
  sealedChannel,
} from '@consilium/shared/crypto';
import { asCoded, type CodedError, coded } from '@consilium/shared/errors';
import type { ConsortiumId, PublicKey, SiteId } from '@consilium/shared/ids';
import {
  type Assignment,
  type Clock,
  gatewayPath,
  handshakeMs,
  hasNativeMasking,
  type Log,
  maxHandshakes,
  maxMessageBytes,
  maxMessages,
  maxMessagesPerSecond,
  maxTransfers,
  maxWindowBytes,
  narrowWindowBytes,
  type SiteMessage,
  type SiteStatus,
  sendable,
  slowMaskingNote,
  transferIdleMs,
  type Verdict,
  windowBytes,
} from '@consilium/shared/wire';
import { Server, type Socket } from 'socket.io';
import { accept } from './accept.js';
import { createAdmission } from './admission.js';
import { type Allowance, createAllowance } from './allowance.js';
import { part } from './farewell.js';
import { createInstances } from './instances.js';
import { createJudging, type Judging } from './judging.js';
import type { Admitted, BlobSource, GatewayHandlers, SiteTraffic, SpoolPlace } from './ports.js';
import { openSession, type Session } from './session.js';
import { shareReads } from './shared-reads.js';
import { createStrangers } from './strangers.js';
import { createTransfers, type Transfers } from './transfers.js';
import { attachToUpgrades } from './upgrades.js';

export interface GatewayOptions {
  /** An http or https server; the gateway takes the websockets under `gatewayPath` and leaves the rest alone. */
  readonly server: HttpServer;
  /** Asked for at each handshake, since the lead may issue a newer certificate, and for another key. */
  readonly credentials: () => { readonly identity: Identity; readonly certificate: Certificate };
  readonly consortium: ConsortiumId;
  readonly blobs: BlobSource;
  readonly spools: SpoolPlace;
  readonly clock: Clock;
  readonly log: Log;
  readonly handlers: GatewayHandlers;
  /** How a completed handshake's keys are used. Only a measurement gives another one than `sealedChannel`. */
  readonly channel?: (keys: ChannelKeys) => Channel;
}

export interface Gateway {
  /** What a site should do now; kept, and sent again at every connect. */
  assign(site: SiteId, assignment: Assignment): void;
  /** Tells a verdict to the site if it is there; if not, its next assignment holds it. */
  verdict(site: SiteId, verdict: Verdict): void;
  /** Tells the site that its standing has changed. */
  welcome(site: SiteId, admitted: Admitted): void;
  /** Ends the site's sessions at once, with the reason; where a key is named, only one that was opened with it. */
  disconnect(site: SiteId, error: CodedError, publicKey?: PublicKey): void;
  /** Tells all sites of the coordinator's newest certificate: none that is older counts from then on. */
  certified(certificate: Certificate): void;
  /** Approved sites that are here. */
  connected(): readonly SiteId[];
  /** Whether any key of the site is here, one that only waits for the lead's word included. */
  isHere(site: SiteId): boolean;
  traffic(): readonly SiteTraffic[];
  /** Bytes that came from a site and went to it, since the gateway was opened. */
  bytesOf(site: SiteId): Pick<SiteTraffic, 'sentBytes' | 'receivedBytes'>;
  /** Uploads that went on where an earlier one had stopped, since the gateway was opened. */
  resumedUploads(): number;
  /** Ends all sessions and transfers. The http server stays the caller's. */
  close(): Promise<void>;
}

/** Pieces of 1 MiB of blobs that are being fetched, kept for the next who fetches them. */
const keptPieces = 16;

interface Seat {
  readonly session: Session;
  readonly transfers: Transfers;
  readonly judging: Judging;
  /** The key that it was opened with. */
  readonly publicKey: PublicKey;
  standing: Admitted['standing'];
  /** What a key that waits for the lead's word said last of itself: it counts once the lead has said it. */
  said: SiteStatus | null;
}

/** Opens the door for site agents on an http server: handshake, one live session a site, sealed messages and transfers. */
export function openGateway(options: GatewayOptions): Gateway {
  const { handlers, clock, log, channel = sealedChannel } = options;
  /** Sessions of approved keys. */
  const seats = new Map<SiteId, Seat>();
  /** Sessions of keys that wait for the lead's word: none takes the place of an approved one, or is heard in its name. */
  const waiting = new Map<SiteId, Seat>();
  const assignments = new Map<SiteId, Assignment>();
  const counted = new Map<SiteId, { sent: number; received: number }>();
  /** Over all connections of a key: who is sent away for a flood does not begin anew. */
  const allowances = new Map<PublicKey, Allowance>();
  const endings = new Set<Promise<void>>();
  const instances = createInstances(clock);
  const admission = createAdmission(clock, {
    places: maxTransfers,
    totalBytes: maxWindowBytes,
    windowBytes,
    narrowBytes: narrowWindowBytes,
    idleMs: transferIdleMs,
  });
  const reads = shareReads(options.blobs, keptPieces);
  const sockets = new Set<Socket>();
  const strangers = createStrangers(clock);
  let resumed = 0;
  const onResumed = () => {
    resumed++;
  };
  const onOwnFault = (site: SiteId, error: CodedError) =>
    log.error(
      { site, code: error.code, details: error.details, err: causeOf(error) },
      'a transfer failed by a fault of this machine',
    );
  let open = true;

  const io = new Server({
    path: gatewayPath,
    transports: ['websocket'],
    allowUpgrades: false,
    perMessageDeflate: false,
    httpCompression: false,
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    // Who does not even begin a handshake is cut off with the other strangers.
    connectTimeout: 2 ** 31 - 1,
    // The page's server beside it may look longer at one of its own; it ends what is nobody's.
    destroyUpgrade: false,
  });
  attachToUpgrades(io, options.server);
  io.engine.on('connection', strangers.meet);
  io.on('connection', (socket) => void receive(socket));
  if (!hasNativeMasking(createRequire(import.meta.url))) log.warn({}, slowMaskingNote);

  async function receive(socket: Socket): Promise<void> {
    sockets.add(socket);
    socket.conn.once('close', () => sockets.delete(socket));
    socket.on('error', (error) => log.debug({ kind: error.name }, 'a socket failed'));
    try {
      if (strangers.count() > maxHandshakes || !open) throw coded('CSM-HANDSHAKE-BUSY');
      const shown = options.credentials();
      const handshake = coordinatorHandshake({ consortium: options.consortium, ...shown });
      const { site, publicKey, enrolment, keys } = await accept(socket, handshake, {
        ...{ clock, limitMs: handshakeMs, spentMs: strangers.greet(socket.conn) },
      });
      const admitted = await handlers.admit(site, publicKey, enrolment);
      if (!socket.connected || !open) throw coded('CSM-HANDSHAKE-CLOSED', { reason: 'left' });
      strangers.know(socket.conn);
      seat(socket, channel(keys), { site, publicKey, shown: shown.certificate }, admitted);
    } catch (thrown) {
      const error = asCoded(thrown);
      log.warn({ code: error.code, details: error.details, err: causeOf(error) }, 'a connection was refused');
      socket.emit('refused', sendable(error));
      socket.disconnect(true);
      part(socket.conn, clock);
    }
  }

  function seat(
    socket: Socket,
    sealed: Channel,
    { site, publicKey, shown }: Pick<ProvenSite, 'site' | 'publicKey'> & { readonly shown: Certificate },
    admitted: Admitted,
  ): void {
    const count = counted.get(site) ?? { sent: 0, received: 0 };
    counted.set(site, count);
    const allowance =
      allowances.get(publicKey) ?? createAllowance(clock, { most: maxMessages, perSecond: maxMessagesPerSecond });
    allowances.set(publicKey, allowance);
    const session: Session = openSession(
      socket,
      sealed,
      { site, allowance, clock },
      {
        onMessage: (message) => dispatch(mine, message),
        onFrame: (frame) => transfers.frame(frame),
        onBytes: (direction, bytes) => {
          count[direction] += bytes;
        },
        onEnd: (error) => leave(mine, error),
      },
    );
    const { spools } = options;
    const { mayUpload, mayDownload, onMoved } = handlers;
    const transfers = createTransfers(session, {
      reads,
      spools,
      admission,
      mayUpload,
      mayDownload,
      onMoved,
      onResumed,
      onOwnFault,
    });
    const judging = createJudging(site, session.send, { onSubmit: handlers.onSubmit, log });
    const mine: Seat = { session, transfers, judging, publicKey, standing: admitted.standing, said: null };
    take(mine);
    session.send({ type: 'welcome', ...admitted });
    // The lead may have certified another key while this one was proven.
    const { certificate } = options.credentials();
    if (certificate.signature !== shown.signature) session.send({ type: 'certified', certificate });
    const assignment = mine.standing === 'approved' ? assignments.get(site) : undefined;
    if (assignment !== undefined) session.send(assignment);
    log.info({ site, standing: admitted.standing }, 'a site connected');
  }

  const placesOf = ({ standing }: Seat) => (standing === 'approved' ? seats : waiting);

  /** The newest session takes its site's place among those of its standing. */
  function take(mine: Seat): void {
    const { site } = mine.session;
    const former = placesOf(mine).get(site);
    placesOf(mine).set(site, mine);
    former?.session.close(coded('CSM-ACCESS-SUPERSEDED', { site }));
  }

  const sessionsOf = (site: SiteId): readonly Seat[] =>
    [seats.get(site), waiting.get(site)].filter((one) => one !== undefined);

  function leave(from: Seat, error: CodedError): void {
    const { session, transfers } = from;
    const { site } = session;
    const ending = transfers.end(error).finally(() => endings.delete(ending));
    endings.add(ending);
    log.info({ site, code: error.code, details: error.details, err: causeOf(error) }, 'a session ended');
    if (placesOf(from).get(site) !== from) return;
    placesOf(from).delete(site);
    if (from.standing === 'approved') handlers.onGone(site);
  }

  function dispatch(from: Seat, message: SiteMessage): void {
    const { session, transfers } = from;
    if (from.standing !== 'approved') {
      putOff(from, message);
      return;
    }
    switch (message.type) {
      case 'status':
        collide(session, instances.alternates(session.site, message.instance));
        handlers.onStatus(session.site, message);
        break;
      case 'submit':
        from.judging.submit(message.contribution);
        break;
      case 'open':
        transfers.open(message);
        break;
      case 'ack':
        transfers.find(message.transfer)?.ack(message.offset);
        break;
      case 'commit':
        transfers.find(message.transfer)?.commit();
        break;
      case 'abort':
        transfers.find(message.transfer)?.stop(null);
        break;
      case 'rekey':
        handlers
          .onRekey(session.site, message.change)
          .catch((thrown: unknown) => session.send({ type: 'notice', error: sendable(asCoded(thrown)) }));
        break;
      default:
        message satisfies never;
    }
  }

  /** What a key says that waits for the lead's word is no word of the site. */
  function putOff(from: Seat, message: SiteMessage): void {
    const { session } = from;
    // It was given no work: what it says of some is not kept.
    if (message.type === 'status' && message.run === null) from.said = message;
    const error = sendable(coded('CSM-ACCESS-PENDING', { site: session.site }));
    if (message.type === 'open') session.send({ type: 'abort', transfer: message.transfer, error });
    if (message.type === 'rekey') session.send({ type: 'notice', error });
    if (message.type !== 'submit') return;
    const { run, step, hash } = message.contribution.manifest;
    session.send({ type: 'deferred', run, step, hash, error });
  }

  function collide(session: Session, alternation: { readonly isNews: boolean } | null): void {
    if (alternation === null) return;
    const error = coded('CSM-KEY-TWO-AGENTS', { site: session.site });
    session.send({ type: 'notice', error: sendable(error) });
    if (!alternation.isNews) return;
    log.error({ site: session.site, code: error.code }, 'two agents use one key');
    handlers.onTwoAgents(session.site, error);
  }

  return {
    assign(site, assignment) {
      assignments.set(site, assignment);
      seats.get(site)?.session.send(assignment);
    },
    verdict: (site, verdict) => seats.get(site)?.session.send(verdict),
    welcome(site, admitted) {
      const named = admitted.certificate?.body.publicKey;
      const meant = sessionsOf(site).findLast(({ publicKey }) => named === undefined || named === publicKey);
      if (meant === undefined) return;
      placesOf(meant).delete(site);
      meant.standing = admitted.standing;
      take(meant);
      meant.session.send({ type: 'welcome', ...admitted });
      const { said, standing } = meant;
      if (said === null || standing !== 'approved') return;
      meant.said = null;
      handlers.onStatus(site, said);
    },
    disconnect(site, error, publicKey) {
      for (const one of sessionsOf(site))
        if (publicKey === undefined || one.publicKey === publicKey) one.session.close(error);
    },
    certified(certificate) {
      for (const { session } of [...seats.values(), ...waiting.values()])
        session.send({ type: 'certified', certificate });
    },
    connected: () => [...seats.keys()],
    isHere: (site) => sessionsOf(site).length > 0,
    traffic: () =>
      [...counted].map(([site, { sent, received }]) => ({
        site,
        connected: seats.has(site),
        sentBytes: sent,
        receivedBytes: received,
        ...(seats.get(site)?.transfers.count() ?? { uploads: 0, downloads: 0 }),
      })),
    bytesOf(site) {
      const { sent = 0, received = 0 } = counted.get(site) ?? {};
      return { sentBytes: sent, receivedBytes: received };
    },
    resumedUploads: () => resumed,
    async close() {
      open = false;
      const closed = [...sockets].map((socket) => new Promise<void>((done) => socket.conn.once('close', () => done())));
      for (const { session } of [...seats.values(), ...waiting.values()])
        session.close(coded('CSM-HANDSHAKE-CLOSED', { reason: 'stopped' }));
      for (const { conn } of sockets) part(conn, clock);
      await Promise.all(closed);
      io.engine.close();
      await Promise.all(endings);
    },
  };
}

/** What lies behind an internal fault, for the log. */
const causeOf = (error: CodedError): unknown => (error.code === 'CSM-INTERNAL' ? error.cause : undefined);
