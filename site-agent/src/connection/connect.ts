import { createRequire } from 'node:module';
import {
  type CertificateBody,
  type Channel,
  type ChannelKeys,
  checkCertificate,
  type Identity,
  type KeyChange,
  sealedChannel,
  type Trust,
} from '@consilium/shared/crypto';
import { asCoded, type CodedError, coded, fromWire } from '@consilium/shared/errors';
import {
  type Assignment,
  type Clock,
  type CoordinatorMessage,
  hasNativeMasking,
  heartbeatMs,
  type Log,
  type SignedManifest,
  type SiteMessage,
  type SiteStatus,
  slowMaskingNote,
  type Verdict,
  type Welcome,
} from '@consilium/shared/wire';
import { type Backoff, backoffMs, defaultBackoff } from './backoff.js';
import { createCarrier, type FetchOptions, type TransferOptions } from './carrier.js';
import { dial, type Link, type LinkEvents } from './link.js';
import { createNews } from './news.js';
import { type RouteOptions, routeTo } from './route.js';
import { reasonOf } from './signals.js';
import { createSubmissions, type SubmitOptions } from './submissions.js';
import { type BlobRef, fetchBlob, type Sink, type Source, sendBlob } from './transfer.js';
import { createTransferLines, type TransferLines } from './transfer-line.js';

/** The key that is to follow a site's present one. */
export interface Successor {
  /** Null while there is none. */
  next(): Identity | null;
  /** The coordinator has welcomed this one, and shown the lead's certificate. It is the site's key from then on. */
  adopted(key: Identity): void;
}

export interface ConnectOptions extends RouteOptions {
  readonly identity: Identity;
  /** Tried when the coordinator says that another key was approved in the place of the present one. */
  readonly successor?: Successor;
  readonly trust: Trust;
  /** Secret of a one-time code: shown until the coordinator has welcomed the key once. */
  readonly secret?: Uint8Array;
  /** 16 hexadecimal digits, made anew at each start of the agent. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly backoff?: Backoff;
  /** Uniform in [0, 1), for the back-off only. */
  readonly random?: () => number;
  /** How a completed handshake's keys are used. Only a measurement gives another one than `sealedChannel`. */
  readonly channel?: (keys: ChannelKeys) => Channel;
}

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly welcome: Welcome; readonly coordinator: CertificateBody }
  /** The last try or link ended with `error`; the next try comes after `delayMs`. */
  | { readonly kind: 'waiting'; readonly error: CodedError; readonly failures: number; readonly delayMs: number }
  | { readonly kind: 'closed' };

/** The site's one way out. Callbacks are told the newest state at once, then every change; each returns how to stop. */
export interface Connection {
  state(): ConnectionState;
  onState(listener: (state: ConnectionState) => void): () => void;
  onAssignment(listener: (assignment: Assignment) => void): () => void;
  /** What the coordinator wants people at the site to know. */
  onNotice(listener: (error: CodedError) => void): () => void;
  /** Asks for another key in the place of the present one; asked again on every new link until that is approved. */
  sendRekey(change: KeyChange): void;
  /** Keeps the status as the newest, sends it, and sends it again at every heartbeat and connect. */
  sendStatus(status: Omit<SiteStatus, 'type' | 'instance'>): void;
  /**
   * Fetches a blob that the assignment names. Goes on over dropped links.
   * @returns its size
   * @throws CSM-ACCESS-*, CSM-AGENT-BLOB-SIZE, or another code that trying again does not mend
   */
  fetch(blob: BlobRef, sink: Sink, options?: FetchOptions): Promise<number>;
  /** Sends a blob that the assignment awaits. Goes on over dropped links; resolves when the coordinator keeps it. */
  upload(blob: BlobRef, source: Source, options?: TransferOptions): Promise<void>;
  /**
   * Hands in a blob that was uploaded; asked again on every new link until there is a verdict, or it is taken back.
   * @throws the coordinator's code when it could not judge now, the signal's reason, what `allow` throws
   */
  submit(contribution: SignedManifest, options?: SubmitOptions): Promise<Verdict>;
  close(): Promise<void>;
}

/**
 * Connects to the coordinator and stays connected: dials again for ever with jittered back-off, proves itself on each
 * link, and lets transfers and submissions live on from one link to the next. Outbound only.
 * @throws CSM-HANDSHAKE-ADDRESS, CSM-HANDSHAKE-PROXY for addresses that can never work
 */
export function connect(options: ConnectOptions): Connection {
  const { successor, clock, log, instance, channel = sealedChannel } = options;
  const { backoff = defaultBackoff, random = Math.random } = options;
  const route = routeTo(options);
  if (!hasNativeMasking(createRequire(import.meta.url))) log.warn({}, slowMaskingNote);
  const life = new AbortController();
  const stop = () => life.abort(coded('CSM-TRANSFER-CLOSED'));
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();

  const states = createNews<ConnectionState>();
  const assignments = createNews<Assignment>();
  const notices = createNews<CodedError>();
  const links = createNews<{ readonly link: Link; readonly lines: TransferLines }>();
  const send = (message: SiteMessage) => links.newest()?.link.send(message);
  const submissions = createSubmissions(send);
  let { identity, trust } = options;
  /** The key that the next try is made with in the place of the present one. */
  let candidate: Identity | null = null;
  let change: KeyChange | null = null;
  let coordinator: CertificateBody | null = null;
  let secret = options.secret;
  let status: SiteStatus | null = null;
  let stopHeartbeat = () => {};

  function beat(): void {
    stopHeartbeat();
    if (life.signal.aborted) return;
    if (status !== null) send(status);
    stopHeartbeat = clock.after(heartbeatMs, beat);
  }

  function take(lines: TransferLines, message: CoordinatorMessage): void {
    switch (message.type) {
      case 'assignment':
        assignments.tell(message);
        break;
      case 'welcome':
        tellConnected(message);
        break;
      case 'certified': {
        const { lead, consortium, minimumRevision = 1 } = trust;
        believe(checkCertificate(message.certificate, { lead, consortium, role: 'coordinator', minimumRevision }));
        const state = states.newest();
        if (state?.kind === 'connected') tellConnected(state.welcome);
        break;
      }
      case 'verdict':
      case 'deferred':
        submissions.settle(message);
        break;
      case 'notice':
        notices.tell(fromWire(message.error));
        break;
      case 'opened':
      case 'ack':
      case 'committed':
      case 'abort':
        lines.take(message);
        break;
      case 'closing':
        break;
      default:
        message satisfies never;
    }
  }

  /** From then on no older certificate of the coordinator counts. */
  function believe(body: CertificateBody): void {
    coordinator = body;
    trust = { ...trust, minimumRevision: body.revision };
  }

  function tellConnected(welcome: Welcome): void {
    if (coordinator !== null) states.tell({ kind: 'connected', welcome, coordinator });
  }

  /** A link that was opened with the next key: it is the present one as soon as the lead's word on it is here. */
  function succeed({ certificate }: Welcome): void {
    if (candidate === null) return;
    if (certificate === null) throw coded('CSM-ACCESS-PENDING', { site: trust.site });
    identity = candidate;
    change = null;
    successor?.adopted(candidate);
  }

  function start(link: Link): LinkEvents {
    succeed(link.welcome);
    const lines = createTransferLines(link);
    secret = undefined;
    believe(link.coordinator);
    log.info({ standing: link.welcome.standing }, 'connected to the coordinator');
    links.tell({ link, lines });
    beat();
    submissions.sendAll();
    if (change !== null) send({ type: 'rekey', change });
    tellConnected(link.welcome);
    return {
      onMessage: (message) => take(lines, message),
      onFrame: (frame) => lines.take({ type: 'frame', ...frame }),
    };
  }

  /** One link from dialling to its end. Resolves with the reason. */
  async function live(): Promise<CodedError> {
    states.tell({ kind: 'connecting' });
    try {
      const link = await dial({
        route,
        identity: candidate ?? identity,
        trust,
        clock,
        channel,
        start,
        signal: life.signal,
        ...(secret && { secret }),
      });
      return await reasonOf(link.ended, asCoded);
    } catch (thrown) {
      return asCoded(thrown);
    } finally {
      links.clear();
    }
  }

  async function stay(): Promise<void> {
    let failures = 0;
    while (!life.signal.aborted) {
      const error = await live();
      const isReplaced = error.code === 'CSM-SITE-REPLACED' && candidate === null;
      candidate = isReplaced ? (successor?.next() ?? null) : null;
      if (life.signal.aborted) break;
      // Two agents with one key would push each other out for ever: that, too, is a failure.
      const wasUp = states.newest()?.kind === 'connected';
      failures = wasUp && error.code !== 'CSM-ACCESS-SUPERSEDED' ? 1 : failures + 1;
      const delayMs = backoffMs(failures, backoff, random);
      log.warn({ code: error.code, details: error.details, delayMs: Math.round(delayMs) }, 'not connected');
      states.tell({ kind: 'waiting', error, failures, delayMs });
      await pause(delayMs);
    }
    stopHeartbeat();
    options.signal.removeEventListener('abort', stop);
    submissions.end(coded('CSM-TRANSFER-CLOSED'));
    states.tell({ kind: 'closed' });
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        cancel();
        life.signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = clock.after(ms, done);
      life.signal.addEventListener('abort', done, { once: true });
    });

  const carry = createCarrier({ nextLink: links.next, pause, log, backoff, random, life: life.signal });
  const staying = stay();

  return {
    state: () => states.newest() ?? { kind: 'connecting' },
    onState: states.listen,
    onAssignment: assignments.listen,
    onNotice: notices.listen,
    sendStatus(given) {
      status = { type: 'status', instance, ...given };
      beat();
    },
    sendRekey(given) {
      change = given;
      send({ type: 'rekey', change });
    },
    fetch: (blob, sink, more = {}) =>
      carry((line, progress) => fetchBlob(line, blob, sink, progress, more.maxBytes), more),
    upload: (blob, source, more = {}) => carry((line, progress) => sendBlob(line, blob, source, progress), more),
    submit: submissions.submit,
    async close() {
      stop();
      await staying;
    },
  };
}
