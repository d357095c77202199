import {
  type Channel,
  createIdentity,
  type Identity,
  sealedChannel,
  siteHandshake,
  type Trust,
} from '@consilium/shared/crypto';
import { gatewayPath, wireError } from '@consilium/shared/wire';
import { io } from 'socket.io-client';
import { type CleanUp, createWatch, trust as trustOfKit } from './kit.js';

/** A peer that can say anything at any time: a socket, and after `shake` a channel. */
export function rawSite(
  cleanUp: CleanUp,
  address: string,
  identity: Identity = createIdentity(),
  trust: Trust = trustOfKit,
) {
  const socket = io(address, { path: gatewayPath, transports: ['websocket'], reconnection: false, forceNew: true });
  const handshake = siteHandshake({ identity, trust });
  const heard = createWatch<{ readonly type: string; readonly [member: string]: unknown }>();
  let channel: Channel | null = null;
  cleanUp.later(() => void socket.disconnect());

  socket.on('refused', (error) => heard.tell({ type: 'refused', error }));
  socket.on('sealed', (payload: Uint8Array) => {
    const opened = channel?.open(new Uint8Array(payload));
    if (opened?.kind === 'control') heard.tell({ type: '', ...(opened.json as object) });
    else if (opened !== undefined) heard.tell({ ...opened, type: 'frame' });
  });
  const gone = new Promise<void>((resolve) => {
    socket.on('disconnect', () => resolve());
  });

  return {
    socket,
    heard,
    gone,
    hello: handshake.hello,
    identity,
    connected: new Promise<void>((resolve) => {
      socket.on('connect', resolve);
    }),
    /** The whole handshake, up to the welcome. */
    async shake(): Promise<Channel> {
      const reply = new Promise<unknown>((resolve) => {
        socket.on('handshake', resolve);
      });
      socket.emit('handshake', handshake.hello);
      const answered = handshake.answer(await reply);
      channel = sealedChannel(answered.keys);
      socket.emit('handshake', answered.proof);
      await heard.until((seen) => seen.some(({ type }) => type === 'welcome'));
      return channel;
    },
    say: (sealed: Uint8Array) => socket.emit('sealed', sealed),
    /** The code of the farewell, once the socket is closed. */
    async farewell(): Promise<string | undefined> {
      await gone;
      const last = heard.seen.find(({ type }) => type === 'refused' || type === 'closing');
      return last && wireError.parse(last.error).code;
    },
    /** The first message of a type, for a transfer if one is given, once there is one. */
    async hear(type: string, transfer?: number) {
      const meant = (one: { readonly type: string; readonly transfer?: unknown }) =>
        one.type === type && (transfer === undefined || one.transfer === transfer);
      await heard.until((seen) => seen.some(meant));
      return heard.seen.find(meant)!;
    },
  };
}
