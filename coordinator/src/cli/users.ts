import { fail } from '@consilium/shared/errors';
import { table } from '@consilium/shared/terminal';
import { Command } from 'commander';
import { listUsers, postUser, postUserPassword, removeUser, type UserView } from '../api/calls.js';
import type { CommandContext } from './context.js';
import { span } from './durations.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';
import { readSite } from './site-argument.js';

type NewUser = LeadOptions & { readonly role: string; readonly site?: string };

/** `users add`, `list`, `password` and `remove`: who may look at the page, and what each may see. */
export function usersCommand(context: CommandContext): Command {
  const users = new Command('users').description('who may look at the page, and what each may see');
  const print = (link: string, name: string): void => {
    context.print(link);
    context.print('');
    context.print(`By this link ${name} sets a password. It counts once, for a day: send it by a way that you trust.`);
  };
  const commands = [
    withLeadOptions(
      new Command('add')
        .description('add a user; prints a one-time link that sets the password')
        .argument('<name>', 'letters, digits, blanks and . _ @ -')
        .option('--role <role>', 'viewer: pooled figures; site: and one site’s details; lead: everything', 'viewer')
        .option('--site <site>', 'whose details a user with the role site sees'),
    ).action(async (name: string, { role, site, ...options }: NewUser) => {
      const sight = sightOf(role, site);
      await asLead(context, options, async ({ client }) =>
        print((await client.call(postUser, { body: { name, sight } })).link, name),
      );
    }),
    withLeadOptions(new Command('list').description('all users').option('--json', 'the whole list as JSON')).action(
      (options: LeadOptions & { json?: boolean }) =>
        asLead(context, options, async ({ client }) => {
          const list = (await client.call(listUsers)).users;
          if (options.json === true) context.print(JSON.stringify(list));
          else if (list.length === 0) context.print('There are no users yet. Next: consilium users add NAME');
          else context.print(table(['USER', 'ROLE', 'SITE', 'SINCE', 'NOTE'], list.map(rowOf)));
        }),
    ),
    withLeadOptions(
      new Command('password')
        .description('forget a user’s password, end the sessions and any lock; prints a link as for a new user')
        .argument('<name>'),
    ).action((name: string, options: LeadOptions) =>
      asLead(context, options, async ({ client }) =>
        print((await client.call(postUserPassword, { params: { user: name } })).link, name),
      ),
    ),
    withLeadOptions(
      new Command('remove').description('remove a user; the sessions end at once').argument('<name>'),
    ).action((name: string, options: LeadOptions) =>
      asLead(context, options, async ({ client }) => {
        await client.call(removeUser, { params: { user: name } });
        context.print(`${name} is removed.`);
      }),
    ),
  ];
  for (const command of commands) users.addCommand(command);
  return users;
}

/** @throws CSM-CLI-ARGUMENT */
function sightOf(role: string, site: string | undefined) {
  if (role === 'site') {
    if (site === undefined) fail('CSM-CLI-ARGUMENT', { name: '--site', problem: 'the role site needs it' });
    return { role, site: readSite(site) } as const;
  }
  if (site !== undefined) fail('CSM-CLI-ARGUMENT', { name: '--site', problem: 'only the role site has one' });
  if (role === 'lead' || role === 'viewer') return { role } as const;
  return fail('CSM-CLI-ARGUMENT', { name: '--role', problem: 'viewer, site or lead' });
}

const rowOf = ({ name, role, site, created, ready, lockedSeconds }: UserView): string[] => [
  name,
  role,
  site ?? '–',
  created.slice(0, 10),
  [
    ...(ready ? [] : ['no password yet']),
    ...(lockedSeconds === null ? [] : [`locked for ${span(lockedSeconds)}`]),
  ].join('; '),
];
