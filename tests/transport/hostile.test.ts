import { randomBytes } from 'node:crypto';
import { createIdentity } from '@consilium/shared/crypto';
import { frameBytes, maxMessageBytes } from '@consilium/shared/wire';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createCleanUp, mebibyte, north, run, startCoordinator, startSite, state, step, trust } from './kit.js';
import { rawSite } from './raw-site.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const hash = 'ab'.repeat(32);
const openUpload = {
  type: 'open',
  transfer: 1,
  direction: 'upload',
  run,
  step,
  hash,
  bytes: 4 * mebibyte,
  window: mebibyte,
};

/** A proven site that does not keep to the rules, and an honest one beside it. */
async function scene(more: Parameters<typeof startCoordinator>[1] = {}) {
  const there = await startCoordinator(cleanUp, more);
  const honest = startSite(cleanUp, { address: there.address, trust: { ...trust, site: 'south' as typeof north } });
  await state(honest, 'connected');
  const peer = rawSite(cleanUp, there.address, createIdentity());
  await peer.connected;
  const channel = await peer.shake();
  return { ...there, honest, peer, channel };
}

describe('a proven site that', () => {
  it('replays a sealed message is sent away, and nobody else', async () => {
    const { peer, channel, honest, gateway } = await scene();
    const sealed = channel.sealControl(openUpload);
    peer.say(sealed);
    peer.say(sealed);
    expect(await peer.farewell()).toBe('CSM-CHANNEL-SEQUENCE');
    expect(honest.state().kind).toBe('connected');
    expect(gateway.connected()).toEqual(['south']);
  });

  it('alters a sealed frame is sent away', async () => {
    const { peer, channel, store } = await scene();
    peer.say(channel.sealControl(openUpload));
    await peer.hear('opened');
    const sealed = Buffer.from(channel.sealFrame({ transfer: 1, offset: 0, bytes: randomBytes(1000) }));
    sealed[500]! ^= 1;
    peer.say(sealed);
    expect(await peer.farewell()).toBe('CSM-CHANNEL-SEAL');
    expect(store.writes).toEqual([]);
  });

  it('speaks unsealed is sent away', async () => {
    const { peer } = await scene();
    peer.socket.emit('status', { type: 'status' });
    expect(await peer.farewell()).toBe('CSM-CHANNEL-FORMAT');
  });

  it('sends a message larger than one frame is cut off', async () => {
    const { peer, honest } = await scene();
    peer.say(new Uint8Array(maxMessageBytes + 1));
    await peer.gone;
    expect(honest.state().kind).toBe('connected');
  });

  it('sends any other value as a control message is sent away with a code', async () => {
    const { address, gateway, honest } = await scene();
    const near = fc
      .record({ name: fc.constantFrom(...Object.keys(openUpload)), value: fc.jsonValue() })
      .map(({ name, value }) => ({ ...openUpload, transfer: 0, [name]: value, surplus: 1 }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), near), async (message) => {
        const peer = rawSite(cleanUp, address, createIdentity());
        await peer.connected;
        const channel = await peer.shake();
        peer.say(channel.sealControl(message));
        expect(await peer.farewell()).toBe('CSM-WIRE-MALFORMED');
      }),
      { numRuns: 25 },
    );
    expect(honest.state().kind).toBe('connected');
    expect(gateway.connected()).toContain('south');
  });

  it.each([
    ['before the answer', [{ offset: 0, length: 10 }], false, 'CSM-TRANSFER-OFFSET'],
    ['with a gap', [{ offset: 10, length: 10 }], true, 'CSM-TRANSFER-OFFSET'],
    [
      'twice',
      [
        { offset: 0, length: frameBytes },
        { offset: 0, length: frameBytes },
      ],
      true,
      'CSM-TRANSFER-OFFSET',
    ],
    ['that ends within a piece', [{ offset: 0, length: 10 }], true, 'CSM-TRANSFER-OFFSET'],
    ['without a byte', [{ offset: 0, length: 0 }], true, 'CSM-TRANSFER-WINDOW'],
    [
      'beyond the window',
      [
        { offset: 0, length: frameBytes },
        { offset: frameBytes, length: frameBytes },
      ],
      true,
      'CSM-TRANSFER-WINDOW',
    ],
  ])('sends a frame %s loses that transfer, not its session', async (_, frames, patient, expected) => {
    const { peer, channel, gateway } = await scene();
    peer.say(channel.sealControl(openUpload));
    if (patient) await peer.hear('opened');
    for (const { offset, length } of frames) {
      peer.say(channel.sealFrame({ transfer: 1, offset, bytes: new Uint8Array(length) }));
    }
    expect(await peer.hear('abort')).toMatchObject({ transfer: 1, error: { code: expected } });
    peer.say(channel.sealFrame({ transfer: 1, offset: 0, bytes: new Uint8Array(5) }));
    peer.say(channel.sealControl({ ...openUpload, transfer: 2 }));
    await peer.hear('opened', 2);
    expect(gateway.connected()).toContain(north);
  });

  it('commits before all bytes are there loses that transfer', async () => {
    const { peer, channel } = await scene();
    peer.say(channel.sealControl(openUpload));
    peer.say(channel.sealControl({ type: 'commit', transfer: 1 }));
    expect(await peer.hear('abort')).toMatchObject({ error: { code: 'CSM-TRANSFER-OFFSET' } });
  });

  it('speaks of a transfer that never was is sent away', async () => {
    for (const message of [
      { type: 'commit', transfer: 7 },
      { type: 'ack', transfer: 7, offset: 0 },
    ]) {
      const { peer, channel } = await scene();
      peer.say(channel.sealControl(message));
      expect(await peer.farewell()).toBe('CSM-WIRE-MALFORMED');
    }
  });

  it.each([
    ['what was never sent', 3 * mebibyte],
    ['a piece in part', 1],
    ['nothing more', 0],
  ])('acknowledges %s loses that transfer', async (_, offset) => {
    const { peer, channel, store } = await scene();
    const blob = store.blobs.put(randomBytes(4 * mebibyte));
    peer.say(channel.sealControl({ ...openUpload, direction: 'download', hash: blob, bytes: 0 }));
    await peer.hear('frame');
    peer.say(channel.sealControl({ type: 'ack', transfer: 1, offset }));
    expect(await peer.hear('abort')).toMatchObject({ error: { code: 'CSM-TRANSFER-OFFSET' } });
  });

  it('opens more transfers than one site may is refused the surplus', async () => {
    let allow: () => void = () => {};
    const asked = new Promise<true>((resolve) => {
      allow = () => resolve(true);
    });
    const { peer, channel } = await scene({ mayUpload: () => asked });
    cleanUp.later(allow);
    for (let transfer = 1; transfer <= 5; transfer++) peer.say(channel.sealControl({ ...openUpload, transfer }));
    expect(await peer.hear('abort')).toMatchObject({ transfer: 5, error: { code: 'CSM-TRANSFER-LIMIT' } });
  });
});
