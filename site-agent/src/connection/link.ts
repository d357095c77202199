import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  type CertificateBody,
  type Channel,
  type ChannelKeys,
  checkCertificate,
  type Identity,
  siteHandshake,
  type TransferFrame,
  type Trust,
} from '@consilium/shared/crypto';
import { asCoded, type CodedError, coded, fromWire } from '@consilium/shared/errors';
import { freeNow } from '@consilium/shared/memory';
import {
  type Clock,
  type CoordinatorMessage,
  coordinatorMessage,
  gatewayPath,
  maxMessageBytes,
  readMessage,
  type SiteMessage,
  type Welcome,
  wireError,
} from '@consilium/shared/wire';
import { io, type Socket } from 'socket.io-client';
import { unreachable } from './reason.js';
import type { Route } from './route.js';

/** From dialling to the coordinator's welcome. */
const dialMs = 20_000;

export interface DialOptions {
  readonly route: Route;
  readonly identity: Identity;
  readonly trust: Trust;
  /** Secret of a one-time code, when the site enrols. */
  readonly secret?: Uint8Array;
  readonly clock: Clock;
  readonly channel: (keys: ChannelKeys) => Channel;
  /** Called in the very moment of the welcome, so that nothing can arrive before somebody listens. */
  readonly start: (link: Link) => LinkEvents;
  /** Ends the link, or the dialling. */
  readonly signal: AbortSignal;
}

/** What arrives on a link after its welcome. Anything thrown ends the link with that code. */
export interface LinkEvents {
  onMessage(message: CoordinatorMessage): void;
  onFrame(frame: TransferFrame): void;
}

/** One connection with a proven coordinator. It is never mended: when it ends, the next one is dialled. */
export interface Link {
  readonly welcome: Welcome;
  readonly coordinator: CertificateBody;
  /** Aborted when the link ends, with the coded reason. */
  readonly ended: AbortSignal;
  send(message: SiteMessage): void;
  sendFrame(frame: TransferFrame): void;
  close(error: CodedError): void;
}

/**
 * Dials the coordinator and leads the handshake up to its welcome.
 * @throws CSM-HANDSHAKE-*, CSM-KEY-*, or what the coordinator refused with (its word is not proven at that point)
 */
export function dial(options: DialOptions): Promise<Link> {
  const { route, identity, trust, clock, channel } = options;
  const handshake = siteHandshake({ identity, trust, ...(options.secret && { secret: options.secret }) });
  const socket = open(route);
  const life = new AbortController();
  let events: LinkEvents | null = null;
  let sealed: Channel | null = null;
  let coordinator: CertificateBody | null = null;

  return new Promise((resolve, reject) => {
    const stopTimer = clock.after(dialMs, () => end(coded('CSM-HANDSHAKE-TIMEOUT', { seconds: dialMs / 1000 })));
    const onAbort = () => end(coded('CSM-HANDSHAKE-CLOSED', { reason: 'stopped' }));

    function end(error: CodedError): void {
      if (life.signal.aborted) return;
      stopTimer();
      options.signal.removeEventListener('abort', onAbort);
      life.abort(error);
      socket.disconnect();
      reject(error);
    }

    const guard = (work: () => void): void => {
      try {
        if (!life.signal.aborted) work();
      } catch (thrown) {
        end(asCoded(thrown));
      }
    };

    function answer(message: unknown): void {
      if (sealed !== null) throw coded('CSM-HANDSHAKE-ORDER');
      const answered = handshake.answer(message);
      sealed = channel(answered.keys);
      coordinator = answered.coordinator;
      socket.emit('handshake', answered.proof);
    }

    function receive(payload: unknown): void {
      if (sealed === null || coordinator === null) throw coded('CSM-HANDSHAKE-ORDER');
      if (!(payload instanceof Uint8Array)) throw coded('CSM-CHANNEL-FORMAT', { problem: 'not sealed' });
      const opened = sealed.open(payload);
      if (opened.kind === 'frame') {
        if (events === null) throw coded('CSM-HANDSHAKE-ORDER');
        if (opened.bytes.buffer !== payload.buffer) freeNow(payload);
        events.onFrame(opened);
        return;
      }
      const message = readMessage(coordinatorMessage, opened.json);
      if (message.type === 'welcome') checkOwn(message);
      if (message.type === 'closing') {
        end(fromWire(message.error));
      } else if (events !== null) {
        events.onMessage(message);
      } else if (message.type === 'welcome') {
        stopTimer();
        const started = link(message, sealed, coordinator);
        events = options.start(started);
        resolve(started);
      } else {
        throw coded('CSM-HANDSHAKE-ORDER');
      }
    }

    function checkOwn({ certificate }: Welcome): void {
      if (certificate === null) return;
      const { lead, consortium, site } = trust;
      checkCertificate(certificate, { lead, consortium, role: 'site', id: site, publicKey: identity.publicKey });
    }

    const link = (welcome: Welcome, line: Channel, proven: CertificateBody): Link => ({
      welcome,
      coordinator: proven,
      ended: life.signal,
      send(message) {
        if (!life.signal.aborted) socket.emit('sealed', line.sealControl(message));
      },
      sendFrame(frame) {
        if (!life.signal.aborted) socket.emit('sealed', line.sealFrame(frame));
      },
      close: end,
    });

    socket.on('connect', () => guard(() => socket.emit('handshake', handshake.hello)));
    socket.on('handshake', (message: unknown) => guard(() => answer(message)));
    socket.on('sealed', (payload: unknown) => guard(() => receive(payload)));
    socket.on('refused', (error: unknown) => guard(() => end(refusal(error))));
    socket.on('connect_error', (error) => end(unreachable(error, route)));
    socket.on('disconnect', (reason) => end(coded('CSM-HANDSHAKE-CLOSED', { reason })));
    options.signal.addEventListener('abort', onAbort, { once: true });
    if (options.signal.aborted) onAbort();
    else socket.connect();
  });
}

function refusal(error: unknown): CodedError {
  const parsed = wireError.safeParse(error);
  return parsed.success ? fromWire(parsed.data) : coded('CSM-HANDSHAKE-MALFORMED');
}

function open({ url, agent, ca }: Route): Socket {
  // The declared type of `agent` is the browser's; under Node it is an http.Agent.
  const through = agent === undefined ? {} : { agent: agent as unknown as string };
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const more = {
    maxPayload: maxMessageBytes,
    // Said expressly: through a proxy, an address without a name would be checked as `localhost`.
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  };
  return io(url, {
    path: gatewayPath,
    transports: ['websocket'],
    autoConnect: false,
    reconnection: false,
    forceNew: true,
    timeout: dialMs,
    ...more,
    ...through,
    ...(ca && { ca }),
  });
}
