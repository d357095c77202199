import { consortiumId, publicKey } from '@consilium/shared/ids';
import { z } from 'zod';
import { type Bound, bind } from '../bind.js';
import { writeCookie } from '../cookie.js';
import type { ApiOptions } from '../options.js';
import type { PageUsers } from '../page-users.js';
import { type Caller, roles, sightOf } from '../role.js';
import { sessionMs } from '../sessions.js';
import { json, named } from '../shape.js';
import { done } from './coordinator.js';
import { newPassword, userName } from './users.js';

export const postSetUp = json({
  method: 'POST',
  path: '/api/setup',
  access: 'open',
  group: 'page',
  summary: 'Sets a password by the one-time token of a link, and signs in; the first user chooses a name, too',
  body: named(
    'SetUp',
    z.strictObject({
      token: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      name: userName.optional(),
      password: newPassword,
    }),
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

/** Who looks at the page. */
export const me = named(
  'Me',
  z.strictObject({
    name: z.string(),
    role: z.enum(roles),
    /** Whose details a site user sees. */
    site: z.string().nullable(),
    consortium: consortiumId,
    /** Whose signature commands need. */
    lead: publicKey,
    version: z.string(),
  }),
);

export const getMe = json({
  method: 'GET',
  path: '/api/me',
  access: 'reader',
  group: 'page',
  summary: 'Who is signed in, and what this coordinator is',
  answer: me,
});

export const postOwnPassword = json({
  method: 'POST',
  path: '/api/me/password',
  access: 'reader',
  group: 'page',
  summary: 'Changes the own password; ends all sessions of the user and begins a new one',
  body: named('PasswordChange', z.strictObject({ current: z.string().max(256), next: newPassword })),
  answer: done,
});

/** What a caller is told of itself. */
export function meOf(caller: Caller, { settings }: Pick<ApiOptions, 'settings'>): z.infer<typeof me> {
  const sight = sightOf(caller);
  return {
    name: caller.kind === 'user' ? caller.name : 'lead',
    role: sight.role,
    site: sight.role === 'site' ? sight.site : null,
    consortium: settings.consortium,
    lead: settings.lead,
    version: settings.version,
  };
}

export function pageUserRoutes(options: ApiOptions, users: PageUsers): readonly Bound[] {
  const { secure } = options.settings;
  const signedIn = (token: string): string => writeCookie(token, sessionMs, secure);
  return [
    bind(postSetUp, async ({ body, from, header }) => {
      header('set-cookie', signedIn(await users.setUp({ ...body, from })));
      return { done: true };
    }),
    bind(postSignIn, async ({ body, from, header }) => {
      header('set-cookie', signedIn(await users.signIn({ ...body, from })));
      return { done: true };
    }),
    bind(postSignOut, async ({ cookie: token, header }) => {
      if (token !== undefined) await users.signOut(token);
      header('set-cookie', writeCookie('', 0, secure));
      return { done: true };
    }),
    bind(getMe, async ({ caller }) => meOf(caller, options)),
    bind(postOwnPassword, async ({ body, caller, from, header }) => {
      const { name } = meOf(caller, options);
      const token = await users.changePassword({ name, password: body.current, next: body.next, from });
      header('set-cookie', signedIn(token));
      return { done: true };
    }),
  ];
}
