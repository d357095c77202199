import type { Channel, TransferFrame } from '@consilium/shared/crypto';
import { asCoded, type CodedError, coded } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { freeNow } from '@consilium/shared/memory';
import {
  type Clock,
  type CoordinatorMessage,
  frameBytes,
  maxMessageBytes,
  maxMessagesPerSecond,
  maxUnread,
  maxUnreadBytes,
  readMessage,
  type SiteMessage,
  sendable,
  siteMessage,
} from '@consilium/shared/wire';
import type { Socket } from 'socket.io';
import type { Allowance } from './allowance.js';
import { cut, part } from './farewell.js';

/** What may wait before a farewell: more than the answers to all messages that a site may send at once. */
const maxFarewellBytes = 4 * frameBytes;

/** One proven site on one socket: sealed messages out and in. */
export interface Session {
  readonly site: SiteId;
  send(message: CoordinatorMessage): void;
  sendFrame(frame: TransferFrame): void;
  /** Tells the site why, and ends the session. */
  close(error: CodedError): void;
}

/** What a session hands on. Anything thrown ends the session with that code. */
export interface SessionEvents {
  onMessage(message: SiteMessage): void;
  /** @returns whether anybody wanted it */
  onFrame(frame: TransferFrame): boolean;
  onBytes(direction: 'sent' | 'received', bytes: number): void;
  onEnd(error: CodedError): void;
}

/** Opens a session on a socket whose handshake is done. Whatever is not sealed, next in order and well formed ends it. */
export function openSession(
  socket: Socket,
  channel: Channel,
  { site, allowance, clock }: { readonly site: SiteId; readonly allowance: Allowance; readonly clock: Clock },
  events: SessionEvents,
): Session {
  const life = new AbortController();
  /** Since the connection last took all that waited for it. */
  let waiting = { messages: 0, bytes: 0 };

  /** Bytes of what was sent that this machine still holds. */
  const unreadBytes = () => waiting.bytes + socket.request.socket.writableLength;

  function end(error: CodedError): void {
    if (life.signal.aborted) return;
    life.abort(error);
    socket.offAny(receive);
    events.onEnd(error);
    // Behind so much a farewell comes late, and what ended sessions hold is counted nowhere.
    if (unreadBytes() > maxFarewellBytes) cut(socket.conn);
    else {
      socket.disconnect(true);
      part(socket.conn, clock);
    }
  }

  function put(sealed: Uint8Array): void {
    events.onBytes('sent', sealed.length);
    // What is told first of a message, how it is made up, may find the connection idle; the bytes themselves wait.
    socket.emit('sealed', sealed);
    waiting = { messages: waiting.messages + 1, bytes: waiting.bytes + sealed.length };
  }

  /** What a site asks for, or acknowledges, and never reads would fill this machine's memory. */
  function unlessUnread(): void {
    const { messages } = waiting;
    const bytes = unreadBytes();
    if (messages > maxUnread || bytes > maxUnreadBytes) close(coded('CSM-CHANNEL-UNREAD', { site, messages, bytes }));
  }

  function close(error: CodedError): void {
    if (life.signal.aborted) return;
    put(channel.sealControl({ type: 'closing', error: sendable(error) } satisfies CoordinatorMessage));
    end(error);
  }

  function spend(): void {
    if (!allowance.take()) throw coded('CSM-CHANNEL-FLOOD', { site, most: maxMessagesPerSecond });
  }

  function receive(event: string, payload: unknown): void {
    try {
      if (event !== 'sealed' || !(payload instanceof Uint8Array) || payload.length > maxMessageBytes) {
        throw coded('CSM-CHANNEL-FORMAT', { problem: 'not sealed' });
      }
      events.onBytes('received', payload.length);
      const opened = channel.open(payload);
      if (opened.kind === 'control') {
        spend();
        events.onMessage(readMessage(siteMessage, opened.json));
        return;
      }
      if (opened.bytes.buffer !== payload.buffer) freeNow(payload);
      // Those that were on their way when their transfer ended are a window at most.
      if (!events.onFrame(opened)) spend();
    } catch (thrown) {
      close(asCoded(thrown));
    }
  }

  socket.conn.on('drain', () => {
    waiting = { messages: 0, bytes: 0 };
  });
  socket.onAny(receive);
  socket.on('disconnect', (reason) => end(coded('CSM-HANDSHAKE-CLOSED', { reason })));

  return {
    site,
    send(message) {
      if (life.signal.aborted) return;
      put(channel.sealControl(message));
      unlessUnread();
    },
    sendFrame(frame) {
      if (life.signal.aborted) return;
      put(channel.sealFrame(frame));
      // It will be acknowledged.
      allowance.give();
      unlessUnread();
    },
    close,
  };
}
