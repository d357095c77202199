import { issueCertificate } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import { listSites, revokeSite } from '../api/index.js';
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
      const held = member.certificate?.body;
      const publicKey = held?.revoked === false ? held.publicKey : member.pending?.publicKey;
      if (publicKey === undefined) fail('CSM-SITE-NO-KEY', { site });
      const revision = (held?.revision ?? 0) + 1;
      const body = { consortium, role: 'site', id: site, publicKey, revision, revoked: true } as const;
      await client.call(revokeSite, { params: { site }, body: { certificate: issueCertificate(lead, body) } });
      context.print(`Revoked ${site}. A new invitation would let it enrol again.`);
    });
  });
