import { z } from 'zod';
import { type Bound, bind } from '../bind.js';
import type { ApiOptions } from '../options.js';
import { type PageUsers, sessionMs } from '../page-users.js';
import { json, named } from '../shape.js';
import { done } from './coordinator.js';

const userName = z.string().regex(/^[\p{L}\p{N} ._@-]{1,64}$/u, 'letters, digits, blanks and . _ @ -, at most 64');
/** NIST SP 800-63B asks for eight at least and no rules of composition; a page open to a network deserves more. */
const newPassword = z.string().min(12, 'at least 12 characters').max(256, 'at most 256 characters');

export const postSetUp = json({
  method: 'POST',
  path: '/api/setup',
  access: 'open',
  group: 'page',
  summary: 'Makes a page user by a one-time set-up token, and signs in',
  body: named(
    'SetUp',
    z.strictObject({ token: z.string().regex(/^[A-Za-z0-9_-]{43}$/), name: userName, password: newPassword }),
  ),
  answer: done,
});

export const postSignIn = json({
  method: 'POST',
  path: '/api/sign-in',
  access: 'open',
  group: 'page',
  summary: 'Signs a page user in by a session cookie',
  body: named('SignIn', z.strictObject({ name: z.string().max(64), password: z.string().max(256) })),
  answer: done,
});

export const postSignOut = json({
  method: 'POST',
  path: '/api/sign-out',
  access: 'open',
  group: 'page',
  summary: 'Ends the session of the cookie',
  answer: done,
});

export const getMe = json({
  method: 'GET',
  path: '/api/me',
  access: 'reader',
  group: 'page',
  summary: 'Who is signed in, and what this coordinator is',
  answer: named('Me', z.strictObject({ name: z.string(), consortium: z.string(), version: z.string() })),
});

export const postSetupLink = json({
  method: 'POST',
  path: '/api/setup-links',
  access: 'lead',
  group: 'page',
  summary: 'A new one-time link that makes a page user; it ends after a day',
  answer: named('SetupLink', z.strictObject({ link: z.string() })),
});

/** Address that makes a page user. The token stands behind `#`, which no browser sends and no proxy logs. */
export const setupLink = (address: string, token: string): string => `${address}/#setup=${token}`;

export const cookieName = (secure: boolean): string => (secure ? '__Host-consilium' : 'consilium');

export function pageUserRoutes({ settings }: ApiOptions, users: PageUsers): readonly Bound[] {
  const cookie = (token: string, maxAgeMs: number): string =>
    [
      `${cookieName(settings.secure)}=${token}`,
      'Path=/',
      'HttpOnly',
      'SameSite=Strict',
      `Max-Age=${Math.floor(maxAgeMs / 1000)}`,
      ...(settings.secure ? ['Secure'] : []),
    ].join('; ');
  return [
    bind(postSetUp, async ({ body, from, header }) => {
      header('set-cookie', cookie(await users.setUp({ ...body, from }), sessionMs));
      return { done: true };
    }),
    bind(postSignIn, async ({ body, from, header }) => {
      header('set-cookie', cookie(await users.signIn({ ...body, from }), sessionMs));
      return { done: true };
    }),
    bind(postSignOut, async ({ cookie: token, header }) => {
      if (token !== undefined) await users.signOut(token);
      header('set-cookie', cookie('', 0));
      return { done: true };
    }),
    bind(getMe, async ({ caller }) => ({
      name: caller.kind === 'user' ? caller.name : 'lead',
      consortium: settings.consortium,
      version: settings.version,
    })),
    bind(postSetupLink, async () => ({ link: setupLink(settings.address(), users.setupToken()) })),
  ];
}
