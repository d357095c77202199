import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/index.js';
import { chunkOverheadBytes, openChunk, sealChunk } from './chunk.js';
import { openSecret, type SecretEnvelope, sealSecret } from './secret.js';

const secret = randomBytes(64);
const cheap = { cost: 1024 };
const code = (value: string) => expect.objectContaining({ code: value });

describe('a sealed secret', () => {
  it('opens with its passphrase, also after JSON, and costs an attacker 2^15 by default', async () => {
    const sealed = await sealSecret(secret, 'a good passphrase');
    expect(sealed.kdf.n).toBe(32768);
    const stored = JSON.stringify(sealed);
    expect(stored).not.toContain(secret.toString('base64url'));
    expect(Buffer.from(await openSecret(JSON.parse(stored), 'a good passphrase'))).toEqual(secret);
  });

  it('does not open with another passphrase', async () => {
    const sealed = await sealSecret(secret, 'one', cheap);
    await expect(openSecret(sealed, 'two')).rejects.toThrow(code('CSM-KEY-PASSPHRASE'));
  });

  it('opens when the same passphrase is typed in another Unicode form', async () => {
    const sealed = await sealSecret(secret, 'Zürich', cheap);
    await expect(openSecret(sealed, 'Zürich'.normalize('NFD'))).resolves.toEqual(new Uint8Array(secret));
  });

  it('that was altered in any member does not open', async () => {
    const sealed = await sealSecret(secret, 'one', cheap);
    const altered: readonly SecretEnvelope[] = [
      { ...sealed, kdf: { ...sealed.kdf, n: 2048 } },
      { ...sealed, kdf: { ...sealed.kdf, salt: randomBytes(16).toString('base64url') } },
      { ...sealed, nonce: randomBytes(12).toString('base64url') },
      { ...sealed, sealed: sealed.sealed.slice(0, 40) },
      { ...sealed, sealed: randomBytes(80).toString('base64url') },
    ];
    for (const envelope of altered) {
      await expect(openSecret(envelope, 'one')).rejects.toThrow(code('CSM-KEY-PASSPHRASE'));
    }
  });

  it('may not ask for more work than a bound', async () => {
    const sealed = await sealSecret(secret, 'one', cheap);
    const dear = { ...sealed, kdf: { ...sealed.kdf, n: 2 ** 24 } };
    await expect(openSecret(dear, 'one')).rejects.toThrow(code('CSM-KEY-FORMAT'));
  });

  it('answers any value with a coded error that does not hold the passphrase', async () => {
    const sealed = await sealSecret(secret, 'hunter22', cheap);
    const mutated = fc
      .record({ path: fc.constantFrom('format', 'kdf', 'nonce', 'sealed'), value: fc.jsonValue() })
      .map(({ path, value }) => ({ ...sealed, [path]: value }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), mutated), async (value) => {
        const error = await openSecret(value, 'hunter22').catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(CodedError);
        expect(String(error)).not.toContain('hunter22');
      }),
    );
  });
});

describe('a chunk at rest', () => {
  const key = randomBytes(32);
  const bytes = randomBytes(5000);

  it('opens with its key, context and index', () => {
    const sealed = sealChunk(key, 'spool/north', 4, bytes);
    expect(sealed.length).toBe(bytes.length + chunkOverheadBytes);
    expect(Buffer.from(openChunk(key, 'spool/north', 4, sealed))).toEqual(bytes);
    expect(openChunk(key, 'a', 0, sealChunk(key, 'a', 0, new Uint8Array(0))).length).toBe(0);
  });

  it('never repeats a nonce, also for the same place', () => {
    const nonces = Array.from({ length: 50 }, () =>
      Buffer.from(sealChunk(key, 'a', 0, bytes).subarray(0, 12)).toString('hex'),
    );
    expect(new Set(nonces).size).toBe(50);
  });

  it('does not open elsewhere, under another key, or altered', () => {
    const sealed = sealChunk(key, 'spool/north', 4, bytes);
    expect(() => openChunk(key, 'spool/north', 5, sealed)).toThrow(code('CSM-KEY-CHUNK'));
    expect(() => openChunk(key, 'spool/south', 4, sealed)).toThrow(code('CSM-KEY-CHUNK'));
    expect(() => openChunk(randomBytes(32), 'spool/north', 4, sealed)).toThrow(code('CSM-KEY-CHUNK'));
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), (at) => {
        const altered = Uint8Array.from(sealed);
        altered[at]! ^= 64;
        expect(() => openChunk(key, 'spool/north', 4, altered)).toThrow(code('CSM-KEY-CHUNK'));
        expect(() => openChunk(key, 'spool/north', 4, sealed.subarray(0, at))).toThrow(code('CSM-KEY-CHUNK'));
      }),
    );
  });
});
