import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** OWASP's recommendation for scrypt: 128 MiB would be N = 2^17; this takes 64 MiB and about 200 ms. */
const cost = { N: 2 ** 16, r: 8, p: 1 } as const;
const keyBytes = 32;
const saltBytes = 16;

/** A password as stored: `scrypt:N:r:p:salt:hash`. */
export async function hashPassword(password: string, random: (bytes: number) => Uint8Array): Promise<string> {
  const salt = Buffer.from(random(saltBytes));
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join(':');
}

/** Whether the password is the stored one. Takes the same time for a wrong one. */
export async function checkPassword(password: string, stored: string): Promise<boolean> {
  const [scheme, N, r, p, salt, hash] = stored.split(':');
  if (scheme !== 'scrypt' || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64url');
  const key = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  return expected.length === key.length && timingSafeEqual(expected, key);
}

const derive = (password: string, salt: Uint8Array, options: ScryptOptions & { readonly N: number }): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const limits = { ...options, maxmem: 256 * options.N * 8 };
    scrypt(password.normalize('NFKC'), salt, keyBytes, limits, (error, key) => (error ? reject(error) : resolve(key)));
  });
