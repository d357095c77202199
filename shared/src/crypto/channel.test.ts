import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/index.js';
import { sealedChannel, sealOverheadBytes } from './channel.js';

function pair() {
  const [up, down, session] = [randomBytes(32), randomBytes(32), randomBytes(16)];
  return {
    site: sealedChannel({ sendKey: up, receiveKey: down, session, role: 'site' }),
    coordinator: sealedChannel({ sendKey: down, receiveKey: up, session, role: 'coordinator' }),
  };
}

const code = (value: string) => expect.objectContaining({ code: value });
const frame = { transfer: 7, offset: 3 * 2 ** 32, bytes: new Uint8Array(randomBytes(1000)) };

describe('a sealed channel', () => {
  it('carries control messages and frames both ways, in order', () => {
    const { site, coordinator } = pair();
    const message = { type: 'ack', transfer: 1, offset: 2, word: 'Zürich' };
    expect(coordinator.open(site.sealControl(message))).toEqual({ kind: 'control', json: message });
    expect(coordinator.open(site.sealFrame(frame))).toEqual({ kind: 'frame', ...frame });
    expect(site.open(coordinator.sealFrame({ ...frame, bytes: new Uint8Array(0) }))).toEqual({
      kind: 'frame',
      ...frame,
      bytes: new Uint8Array(0),
    });
    expect(site.open(coordinator.sealControl({}))).toEqual({ kind: 'control', json: {} });
  });

  it('gives bytes of which a slice is a copy, since the frame may be freed', () => {
    const { site, coordinator } = pair();
    const opened = coordinator.open(site.sealFrame(frame));
    const bytes = opened.kind === 'frame' ? opened.bytes : expect.unreachable();
    expect(bytes.slice().buffer).not.toBe(bytes.buffer);
  });

  it('adds 40 bytes and shows none of the content', () => {
    const { site } = pair();
    const sealed = Buffer.from(site.sealFrame(frame));
    expect(sealed.length).toBe(1000 + sealOverheadBytes);
    expect(sealed.includes(Buffer.from(frame.bytes.subarray(0, 8)))).toBe(false);
  });

  it('refuses a replayed frame', () => {
    const { site, coordinator } = pair();
    const sealed = site.sealFrame(frame);
    coordinator.open(sealed);
    expect(() => coordinator.open(sealed)).toThrow(code('CSM-CHANNEL-SEQUENCE'));
  });

  it('refuses the later frame when one is dropped or two are swapped', () => {
    const { site, coordinator } = pair();
    site.sealFrame(frame);
    expect(() => coordinator.open(site.sealFrame(frame))).toThrow(code('CSM-CHANNEL-SEQUENCE'));
  });

  it('refuses its own frames sent back', () => {
    const { site } = pair();
    expect(() => site.open(site.sealFrame(frame))).toThrow(code('CSM-CHANNEL-SEAL'));
  });

  it('refuses frames of another session under the same keys', () => {
    const [up, down] = [randomBytes(32), randomBytes(32)];
    const one = sealedChannel({ sendKey: up, receiveKey: down, session: randomBytes(16), role: 'site' });
    const two = sealedChannel({ sendKey: down, receiveKey: up, session: randomBytes(16), role: 'coordinator' });
    expect(() => two.open(one.sealFrame(frame))).toThrow(code('CSM-CHANNEL-SEAL'));
  });

  it('refuses a frame with any one bit altered, or cut short or prolonged', () => {
    const length = 40 + sealOverheadBytes;
    fc.assert(
      fc.property(fc.nat(length * 8 - 1), (bit) => {
        const { site, coordinator } = pair();
        const sealed = Buffer.from(site.sealFrame({ ...frame, bytes: randomBytes(40) }));
        sealed[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => coordinator.open(sealed)).toThrow(CodedError);
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.nat(length - 1), (cut) => {
        const { site, coordinator } = pair();
        const sealed = site.sealFrame({ ...frame, bytes: randomBytes(40) });
        expect(() => coordinator.open(sealed.subarray(0, cut))).toThrow(CodedError);
      }),
    );
    const { site, coordinator } = pair();
    const longer = Buffer.concat([site.sealFrame(frame), Buffer.alloc(1)]);
    expect(() => coordinator.open(longer)).toThrow(code('CSM-CHANNEL-SEAL'));
  });

  it('answers any bytes with a coded error and never opens again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { site, coordinator } = pair();
        expect(() => coordinator.open(bytes)).toThrow(CodedError);
        expect(() => coordinator.open(site.sealControl({}))).toThrow(code('CSM-CHANNEL-BROKEN'));
      }),
    );
  });

  it('says nothing of keys or content in its errors', () => {
    const { site, coordinator } = pair();
    const sealed = Buffer.from(site.sealControl({ secret: 'patient' }));
    sealed[30]! ^= 1;
    try {
      coordinator.open(sealed);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'CSM-CHANNEL-SEAL', details: {} });
      expect(error).not.toHaveProperty('cause');
    }
  });
});
