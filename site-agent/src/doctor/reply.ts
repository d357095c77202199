import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { checkServerIdentity, type PeerCertificate, TLSSocket } from 'node:tls';
import { coded } from '@consilium/shared/errors';
import type { Clock } from '@consilium/shared/wire';
import { z } from 'zod';
import { notReached, type Route } from '../connection/index.js';

const limitMs = 20_000;
const mostBytes = 65_536;

/** What came back when the coordinator's address was asked how it is. */
export interface Reply {
  readonly status: number;
  /** From dialling to the reply's head. */
  readonly tookMs: number;
  /** This machine's clock when the reply's head came. */
  readonly receivedAt: Date;
  /** The coordinator's clock, to the second; null without a `Date` header. */
  readonly date: Date | null;
  /** Version of the coordinator; null when something else answered. */
  readonly version: string | null;
  /** What it proved itself with; null over plain HTTP, and where a proxy answered in its place. */
  readonly certificate: TlsCertificate | null;
}

export interface TlsCertificate {
  readonly issuer: string;
  readonly notAfter: Date;
}

export interface ReplyOptions {
  readonly route: Route;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

const health = z.object({ version: z.string().max(100) });

/**
 * Asks a coordinator for its health over the way that the agent takes. Nothing is proven and no session begins.
 * @throws CSM-HANDSHAKE-UNREACHABLE, CSM-HANDSHAKE-PROXY, CSM-HANDSHAKE-TLS; the signal's reason
 */
export function askCoordinator({ route, clock, now, signal }: ReplyOptions): Promise<Reply> {
  const url = new URL('/healthz', route.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const begin = clock.now();
  const ask = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const asked = ask(url, {
    agent: route.agent ?? false,
    // As for the agent's own link: a name alone is not enough through a proxy.
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
    ...(route.ca && { ca: route.ca }),
    signal,
  });
  const stopTimer = clock.after(limitMs, () => asked.destroy(new Error('late')));
  return new Promise<Reply>((resolve, reject) => {
    const fail = ({ code }: NodeJS.ErrnoException) => reject(signal.aborted ? signal.reason : notReached(route, code));
    asked.on('error', fail);
    asked.once('response', (response) => {
      const head = { status: response.statusCode ?? 0, tookMs: clock.now() - begin, receivedAt: now() };
      const { socket } = response;
      const secure = socket instanceof TLSSocket;
      // A proxy that refuses to dial answers by itself, in the clear.
      if (url.protocol === 'https:' && !secure) {
        reject(coded('CSM-HANDSHAKE-PROXY', { proxy: route.proxy ?? route.url, reason: `HTTP ${head.status}` }));
        return;
      }
      const certificate = secure ? certificateOf(socket.getPeerCertificate()) : null;
      textOf(response).then(
        (text) => resolve({ ...head, date: dateOf(response.headers.date), version: versionOf(text), certificate }),
        fail,
      );
    });
    asked.end();
  }).finally(() => {
    stopTimer();
    asked.destroy();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of response.setEncoding('utf8')) {
    text += part;
    if (text.length > mostBytes) break;
  }
  return text;
}

function versionOf(text: string): string | null {
  try {
    return health.parse(JSON.parse(text)).version;
  } catch {
    return null;
  }
}

function dateOf(header: string | undefined): Date | null {
  const date = new Date(header ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

function certificateOf({ issuer, valid_to }: PeerCertificate): TlsCertificate | null {
  if (issuer === undefined) return null;
  const name = [issuer.O, issuer.CN].flat().filter((part) => part !== undefined);
  return { issuer: name.join(', ') || 'an unnamed authority', notAfter: new Date(valid_to) };
}
