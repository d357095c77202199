import { checkLeadProof, issueCertificate } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import { approveSite, listSites } from '../api/index.js';
import type { CommandContext } from './context.js';
import { demandFingerprint } from './fingerprints.js';
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
      if (member.pending === null) fail('CSM-SITE-NOT-PENDING', { site });
      const { publicKey, invitation, leadProof } = member.pending;
      const kept = await home.kept(invitation);
      if (kept === null || kept.site !== site) fail('CSM-LEAD-CODE', { site, home: home.folder });
      // The coordinator never had the lead's part of the code: it cannot slip in a key of its own here.
      const claim = { consortium, site, publicKey, invitation };
      if (!checkLeadProof(Buffer.from(kept.leadKey, 'base64url'), claim, leadProof)) fail('CSM-LEAD-PROOF', { site });
      demandFingerprint(site, publicKey, options.fingerprint);
      const revision = (member.certificate?.body.revision ?? 0) + 1;
      const body = { consortium, role: 'site', id: site, publicKey, revision, revoked: false } as const;
      await client.call(approveSite, { params: { site }, body: { certificate: issueCertificate(lead, body) } });
      context.print(`Approved ${site}.`);
    });
  });
