import { fail } from '@consilium/shared/errors';
import { z } from 'zod';
import { type Bound, bind } from '../bind.js';
import type { ApiOptions } from '../options.js';
import type { PageUsers } from '../page-users.js';
import { roleForm, roles } from '../role.js';
import { setupLink } from '../setup-link.js';
import { json, named } from '../shape.js';
import { done } from './coordinator.js';

export const userName = z
  .string()
  .regex(/^[\p{L}\p{N} ._@-]{1,64}$/u, 'letters, digits, blanks and . _ @ -, at most 64');
/** NIST SP 800-63B asks for eight at least and no rules of composition; a page open to a network deserves more. */
export const newPassword = z.string().min(12, 'at least 12 characters').max(256, 'at most 256 characters');

const userPath = z.strictObject({ user: userName });

export const listUsers = json({
  method: 'GET',
  path: '/api/users',
  access: 'overseer',
  group: 'users',
  summary: 'Who may look at the page, and what each may see',
  answer: named(
    'Users',
    z.strictObject({
      users: z.array(
        z.strictObject({
          name: z.string(),
          role: z.enum(roles),
          site: z.string().nullable(),
          created: z.string(),
          /** A password is set; else its link was not used yet. */
          ready: z.boolean(),
          /** Seconds for which signing in is still locked; null when it is not. */
          lockedSeconds: z.int().nullable(),
        }),
      ),
    }),
  ),
});
export type UserView = z.infer<typeof listUsers.answer>['users'][number];

const linkAnswer = named('SetupLink', z.strictObject({ link: z.string() }));

export const postUser = json({
  method: 'POST',
  path: '/api/users',
  access: 'lead',
  group: 'users',
  summary: 'Adds a page user; the answer is a one-time link that sets the password, for a day',
  body: named('NewUser', z.strictObject({ name: userName, sight: roleForm })),
  answer: linkAnswer,
});

export const postUserPassword = json({
  method: 'POST',
  path: '/api/users/{user}/password',
  access: 'lead',
  group: 'users',
  summary: 'Forgets the password of a user, ends the sessions and the lock; the answer is a link as for a new user',
  params: userPath,
  answer: linkAnswer,
});

export const removeUser = json({
  method: 'POST',
  path: '/api/users/{user}/remove',
  access: 'lead',
  group: 'users',
  summary: 'Removes a page user; the sessions end at once',
  params: userPath,
  answer: done,
});

export function userRoutes({ settings, sites }: ApiOptions, users: PageUsers): readonly Bound[] {
  const link = (token: string, name: string) => ({ link: setupLink(settings.address(), token, name) });
  return [
    bind(listUsers, async () => ({
      users: (await users.list()).map(({ sight, created, ...user }) => ({
        ...user,
        role: sight.role,
        site: sight.role === 'site' ? sight.site : null,
        created: created.toISOString(),
      })),
    })),
    bind(postUser, async ({ body: { name, sight } }) => {
      if (sight.role === 'site' && !sites.roster().members.has(sight.site)) {
        fail('CSM-API-BODY', { path: 'body.sight.site', problem: 'no such site was invited' });
      }
      return link(await users.add({ name, sight }), name);
    }),
    bind(postUserPassword, async ({ params }) => link(await users.reset(params.user), params.user)),
    bind(removeUser, async ({ params }) => {
      await users.remove(params.user);
      return { done: true };
    }),
  ];
}
