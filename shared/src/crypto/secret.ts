import { z } from 'zod';
import { randomBytes, scrypt, seal, unseal } from '#primitives';
import { canonicalBytes } from '../canonical.js';
import { CodedError, fail } from '../errors/index.js';
import { fromText, type Random, readText, toText } from './bytes.js';

const nonceBytes = 12;
const saltBytes = 16;
/** About 100 ms and 32 MiB on a server of today: each guess costs an attacker as much. */
const scryptCost = 2 ** 15;
const scryptBlock = 8;
/** Dearer envelopes than this are not opened: they would be a way to stop a process. */
const maxScryptCost = 2 ** 20;
const maxSecretCharacters = 2 ** 20;

const base64url = z.string().regex(/^[A-Za-z0-9_-]*$/);

/** A private key or data key as it lies on disk (JSON, mode 0600). Binary members are base64url. */
export const secretEnvelope = z.strictObject({
  format: z.literal('consilium-secret-1'),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    n: z
      .int()
      .min(2 ** 10)
      .max(maxScryptCost)
      .refine((n) => Number.isInteger(Math.log2(n))),
    r: z.literal(scryptBlock),
    p: z.literal(1),
    salt: base64url.length(22),
  }),
  nonce: base64url.length(16),
  sealed: base64url.min(22).max(maxSecretCharacters),
});
export type SecretEnvelope = z.infer<typeof secretEnvelope>;

/**
 * Seals a secret with a passphrase: scrypt, then ChaCha20-Poly1305 with the envelope's other members as associated data.
 * @param options.cost scrypt's N, a power of two; the default is meant for people's passphrases
 */
export async function sealSecret(
  secret: Uint8Array,
  passphrase: string,
  options: { readonly random?: Random; readonly cost?: number } = {},
): Promise<SecretEnvelope> {
  const { random = randomBytes, cost = scryptCost } = options;
  const nonce = random(nonceBytes);
  const salt = random(saltBytes);
  const open = {
    format: 'consilium-secret-1',
    kdf: { name: 'scrypt', n: cost, r: scryptBlock, p: 1, salt: toText(salt) },
    nonce: toText(nonce),
  } as const;
  const key = await stretch(passphrase, salt, cost);
  const sealed = seal(key, nonce, secret, canonicalBytes(open));
  key.fill(0);
  return { ...open, sealed: toText(sealed) };
}

/**
 * Opens a sealed secret.
 * @param file what an error calls it
 * @throws CSM-KEY-FORMAT when the value is no envelope
 * @throws CSM-KEY-PASSPHRASE when the passphrase is another one, or the envelope was altered: both look the same
 */
export async function openSecret(value: unknown, passphrase: string, file = 'The key file'): Promise<Uint8Array> {
  const parsed = secretEnvelope.safeParse(value);
  if (!parsed.success) fail('CSM-KEY-FORMAT', { what: file });
  const { sealed, ...open } = parsed.data;
  const parts = [readText(sealed), fromText(open.kdf.salt, saltBytes), fromText(open.nonce, nonceBytes)] as const;
  const [bytes, salt, nonce] = parts;
  if (bytes === null || salt === null || nonce === null) fail('CSM-KEY-FORMAT', { what: file });
  const key = await stretch(passphrase, salt, open.kdf.n);
  const secret = unseal(key, nonce, bytes, canonicalBytes(open));
  key.fill(0);
  return secret ?? fail('CSM-KEY-PASSPHRASE', { file });
}

/**
 * Opens what a file holds that may come to hold something else. An envelope is dear to open, and always opens alike: each text is
 * opened once, whatever came of it.
 * @param file what an error calls it
 * @returns what rejects as `openSecret` does
 */
export function secretReader(passphrase: string, file: string): (text: string) => Promise<Uint8Array> {
  let last: { readonly text: string; readonly secret: Promise<Uint8Array> } | null = null;
  return (text) => {
    if (last?.text === text) return last.secret;
    const secret = openSecret(parse(text), passphrase, file);
    last = { text, secret };
    secret.catch((thrown: unknown) => {
      // What is not the envelope's own fault, as want of memory, may pass.
      if (!(thrown instanceof CodedError) && last?.secret === secret) last = null;
    });
    return secret;
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const stretch = (passphrase: string, salt: Uint8Array, cost: number): Promise<Uint8Array> =>
  scrypt(passphrase.normalize('NFKC'), salt, cost, scryptBlock);
