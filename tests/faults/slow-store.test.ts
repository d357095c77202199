import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { startCoordinator } from '@consilium/coordinator/coordinator';
import { openSqliteStore, type Store } from '@consilium/coordinator/store';
import { io } from 'socket.io-client';
import { expect, it } from 'vitest';
import { openConsortium } from '../harness/consortium.js';
import { signIn } from '../harness/page-user.js';

/** Longer than an upgrade of nobody's is left open. */
const slowMs = 2_500;

it('a page whose session takes seconds to look up is let in, and an upgrade that is nobody’s is ended', async () => {
  let isSlow = false;
  const openStore = async (place: { readonly file: string }): Promise<Store> => {
    const store = await openSqliteStore(place);
    const read: Store['read'] = async (look) => {
      if (isSlow) await new Promise((resolve) => setTimeout(resolve, slowMs));
      return store.read(look);
    };
    return { ...store, read };
  };
  await using consortium = await openConsortium({ start: (options) => startCoordinator(options, { openStore }) });
  const cookie = await signIn(consortium, 'ada', { role: 'viewer' });
  const { url } = consortium.coordinator();
  isSlow = true;
  const page = io(`${url}/page`, {
    ...{ path: '/live/', transports: ['websocket'], reconnection: false, forceNew: true },
    extraHeaders: { origin: url, cookie },
  });
  const fate = await new Promise<string>((resolve) => {
    for (const name of ['state', 'connect_error']) page.once(name, () => resolve(name));
  });
  page.disconnect();
  expect(fate).toBe('state');
  const stray = connect(Number(new URL(url).port), '127.0.0.1');
  stray.write('GET /elsewhere/ HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  expect(await text(stray)).toBe('');
});
