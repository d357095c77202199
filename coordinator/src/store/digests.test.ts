import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { blobChunkBytes } from './blobs.js';
import { startDigestThread } from './digest-thread.js';
import { type Digests, openDigests } from './digests.js';

const large = 64 * blobChunkBytes;
const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest('hex');

let digests: Digests;
afterEach(() => digests.close());

describe('digests', () => {
  it('are the same on a thread of their own and here, however the bytes are cut', async () => {
    digests = openDigests();
    const parts = [randomBytes(blobChunkBytes), randomBytes(1), randomBytes(70_000), new Uint8Array(0)];
    for (const announced of [1, large, Number.POSITIVE_INFINITY]) {
      const digest = digests.begin(announced);
      expect(await digest.of(new Uint8Array(0))).toBe(sha256());
      for (const part of parts) await digest.update(part);
      const rest = randomBytes(9);
      expect(await digest.of(rest)).toBe(sha256(...parts, rest));
      await digest.update(rest);
      expect(await digest.of(new Uint8Array(0))).toBe(sha256(...parts, rest));
      digest.end();
    }
  });

  it('of many blobs at once do not mix, and take bytes that change afterwards', async () => {
    digests = openDigests();
    const one = async () => {
      const digest = digests.begin(large);
      const whole = randomBytes(12 * blobChunkBytes);
      const reused = new Uint8Array(blobChunkBytes);
      for (let at = 0; at < whole.length; at += reused.length) {
        reused.set(whole.subarray(at, at + reused.length));
        await digest.update(reused);
      }
      expect(await digest.of(new Uint8Array(0))).toBe(sha256(whole));
      digest.end();
    };
    await Promise.all(Array.from({ length: 8 }, one));
  });

  it('fail with their thread, whose work another one takes over', async () => {
    digests = openDigests();
    const lost = startDigestThread();
    const digest = lost.begin();
    await digest.update(randomBytes(blobChunkBytes));
    await lost.close();
    await expect(digest.of(new Uint8Array(0))).rejects.toThrow('has ended');
    await expect(digest.update(new Uint8Array(1))).rejects.toThrow('has ended');
    expect(lost.isDead()).toBe(true);
    digest.end();
    expect(await digests.begin(large).of(new Uint8Array(0))).toBe(sha256());
  });
});
