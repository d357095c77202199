import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import { approveSite, listSites } from '../api/calls.js';
import { approvalOf } from '../lead/index.js';
import type { CommandContext } from './context.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';
import { readSite } from './site-argument.js';

export const approveCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('approve')
      .description('let a hospital in, after its fingerprint was compared by telephone')
      .argument('<site>')
      .requiredOption('--fingerprint <fingerprint>', 'as the hospital read it out'),
  ).action(async (name: string, options: LeadOptions & { fingerprint: string }) => {
    const site = readSite(name);
    await asLead(context, options, async ({ home, lead, client }) => {
      const { consortium } = home;
      const member = (await client.call(listSites)).sites.find((known) => known.site === site);
      if (member === undefined) fail('CSM-SITE-UNKNOWN', { site });
      const certificate = approvalOf(lead, { consortium, member, given: options.fingerprint });
      await client.call(approveSite, { params: { site }, body: { certificate } });
      context.print(`Approved ${site}.`);
    });
  });
