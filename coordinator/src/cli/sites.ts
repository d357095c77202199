import { table } from '@consilium/shared/terminal';
import { Command } from 'commander';
import { listSites, type MemberView } from '../api/calls.js';
import type { CommandContext } from './context.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';

export const sitesCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('sites')
      .description('who was invited, waits, takes part, or was revoked')
      .option('--json', 'the whole list as JSON'),
  ).action((options: LeadOptions & { json?: boolean }) =>
    asLead(context, options, async ({ client }) => {
      const { sites } = await client.call(listSites);
      if (options.json === true) return context.print(JSON.stringify(sites));
      if (sites.length === 0) return context.print('No site was invited yet. Next: consilium invite SITE');
      context.print(table(['SITE', 'STATE', 'CONNECTED', 'FINGERPRINT', 'NOTE'], sites.map(rowOf)));
    }),
  );

function rowOf(site: MemberView): string[] {
  const shown = site.pending?.fingerprint ?? site.fingerprint ?? '–';
  return [site.site, site.state, site.connected ? 'yes' : 'no', shown, noteOf(site)];
}

function noteOf({ site, state, pending, invitation, collisions }: MemberView): string {
  const notes: string[] = [];
  if (pending !== null) notes.push(`compare the fingerprint, then: consilium approve ${site} --fingerprint F`);
  if (pending !== null && state === 'approved') notes.push('a new key; the old one still counts');
  if (state === 'invited' && invitation !== null) notes.push(`code counts until ${invitation.notAfter}`);
  if (collisions > 0) notes.push(`two agents with one key, seen ${collisions} times`);
  return notes.join('; ');
}
