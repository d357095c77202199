import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { freeNow } from './free-now.js';

const mebibyte = 2 ** 20;

describe('bytes that are freed now', () => {
  it('are gone at once, however they were made', () => {
    const cipher = createCipheriv('chacha20-poly1305', Buffer.alloc(32), Buffer.alloc(12), { authTagLength: 16 });
    for (const bytes of [
      new Uint8Array(mebibyte),
      Buffer.allocUnsafeSlow(mebibyte),
      cipher.update(Buffer.alloc(mebibyte)),
    ]) {
      freeNow(bytes);
      expect(bytes.length).toBe(0);
      expect(bytes.buffer.byteLength).toBe(0);
    }
  });

  it('do not wait for the collector', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let made = 0; made < 200; made++) freeNow(Buffer.allocUnsafeSlow(mebibyte));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * mebibyte);
  });

  it('stay when they are a part of something, shared or few', () => {
    const whole = new Uint8Array(mebibyte).fill(7);
    freeNow(whole.subarray(0, mebibyte / 2));
    expect(whole[0]).toBe(7);
    const shared = new Uint8Array(new SharedArrayBuffer(mebibyte)).fill(3);
    freeNow(shared);
    expect(shared[0]).toBe(3);
    for (const few of [Buffer.from('a short text'), new Uint8Array(12), new Uint8Array(0)]) {
      const { length } = few;
      freeNow(few);
      expect(few.length).toBe(length);
    }
  });
});
