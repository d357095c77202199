/** Name of the session cookie; browsers take one of the first name by TLS alone, for this host and all its paths. */
export const cookieName = (secure: boolean): string => (secure ? '__Host-consilium' : 'consilium');

/** The session's token in a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value)) return value;
  }
  return undefined;
}

/** A Set-Cookie header. An empty token with an age of 0 takes the cookie away. */
export const writeCookie = (token: string, maxAgeMs: number, secure: boolean): string =>
  [
    `${cookieName(secure)}=${token}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${Math.floor(maxAgeMs / 1000)}`,
    ...(secure ? ['Secure'] : []),
  ].join('; ');
