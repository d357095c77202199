import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import { listSites, revokeSite } from '../api/calls.js';
import { revocationOf } from '../lead/index.js';
import type { CommandContext } from './context.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';
import { readSite } from './site-argument.js';

export const revokeCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('revoke').description("end a hospital's key at once; running runs go on without it").argument('<site>'),
  ).action(async (name: string, options: LeadOptions) => {
    const site = readSite(name);
    await asLead(context, options, async ({ home, lead, client }) => {
      const { consortium } = home;
      const member = (await client.call(listSites)).sites.find((known) => known.site === site);
      if (member === undefined) fail('CSM-SITE-UNKNOWN', { site });
      const certificate = revocationOf(lead, { consortium, member });
      await client.call(revokeSite, { params: { site }, body: { certificate } });
      context.print(`Revoked ${site}. A new invitation would let it enrol again.`);
    });
  });
