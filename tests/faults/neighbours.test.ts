import { createIdentity } from '@consilium/shared/crypto';
import { maxUnproven, maxUnread } from '@consilium/shared/wire';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createCleanUp,
  createWatch,
  type north,
  run,
  startCoordinator,
  startSite,
  state,
  step,
  trust,
} from '../transport/kit.js';
import { rawSite } from '../transport/raw-site.js';
import { openProxy } from './proxy.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

/** A coordinator with an honest site on it, and a line to it that another stands at. */
async function scene() {
  const ends = createWatch<string>();
  const log = {
    debug() {},
    warn() {},
    error() {},
    info: (entry: object) => {
      const { code } = entry as { readonly code?: string };
      if (code !== undefined) ends.tell(code);
    },
  };
  const there = await startCoordinator(cleanUp, {}, { log });
  const proxy = await openProxy(there.port);
  cleanUp.later(proxy.close);
  const honest = startSite(cleanUp, { address: there.address, trust: { ...trust, site: 'south' as typeof north } });
  await state(honest, 'connected');
  const expectUnharmed = () => {
    expect(honest.state().kind).toBe('connected');
    expect(there.gateway.connected()).toContain('south');
  };
  return { ...there, proxy, honest, ends, expectUnharmed };
}

describe('an enrolled site', () => {
  it('that asks without end and never reads the answers is sent away before they fill the memory', async () => {
    const { proxy, ends, expectUnharmed } = await scene();
    const peer = rawSite(cleanUp, proxy.address, createIdentity());
    await peer.connected;
    const channel = await peer.shake();
    proxy.stallOneWay('down');
    const ask = (transfer: number) =>
      peer.say(
        channel.sealControl({
          ...{ type: 'open', transfer, direction: 'download', run, step },
          ...{ hash: 'ab'.repeat(32), bytes: 0, window: 2 ** 20 },
        }),
      );
    let asked = 0;
    while (!ends.seen.includes('CSM-CHANNEL-UNREAD') && asked < 50 * maxUnread) {
      for (let burst = 0; burst < 512; burst++) ask(asked++);
      await new Promise(setImmediate);
    }
    expect(ends.seen).toContain('CSM-CHANNEL-UNREAD');
    expectUnharmed();
  });
});

describe('strangers', () => {
  it('that connect and say nothing take no more places than there are, and no enrolled site loses its own', async () => {
    const { address, expectUnharmed } = await scene();
    const silent = Array.from({ length: maxUnproven }, () => rawSite(cleanUp, address));
    await Promise.all(silent.map(({ connected }) => connected));
    const surplus = rawSite(cleanUp, address);
    expect(await surplus.farewell()).toBe('CSM-HANDSHAKE-BUSY');
    expectUnharmed();
  });
});
