import { fingerprint } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import { getIdentity, postCertificate } from '../api/calls.js';
import { adoptionOf } from '../lead/index.js';
import { openClient, readAddress } from './client.js';
import type { CommandContext } from './context.js';
import { type LeadOptions, openLead, withLeadOptions } from './session.js';

export const adoptCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('adopt')
      .description('compare the coordinator’s fingerprint and sign its certificate, or that of its next key')
      .argument('<address>', 'https address of the coordinator')
      .requiredOption(
        '--fingerprint <fingerprint>',
        'as the coordinator printed it at its start, or `coordinator rekey`',
      ),
  ).action(async (given: string, options: LeadOptions & { fingerprint: string }) => {
    const address = readAddress(given).href.replace(/\/$/, '');
    const { home, lead, ca } = await openLead(context, options);
    const { consortium } = home;
    const { now, random } = context;
    const client = openClient({ address, consortium, lead, ca, now, random });
    try {
      const identity = await client.call(getIdentity);
      if (identity.consortium !== consortium || identity.lead !== lead.publicKey) {
        fail('CSM-LEAD-CONSORTIUM', { address, found: identity.consortium, expected: consortium });
      }
      const known = home.coordinator?.certificate ?? null;
      const given = options.fingerprint;
      const { certificate, isNext } = adoptionOf(lead, { consortium, shown: identity, known, given });
      await client.call(postCertificate, { body: { certificate } });
      await home.adopt({ address, certificate, ca });
      context.print(`Adopted ${address} (${fingerprint(certificate.body.publicKey)}).`);
      if (isNext) context.print('Its former key counts no more, at no hospital that has connected since. Runs go on.');
      else context.print('Next: consilium invite SITE');
    } finally {
      await client.close();
    }
  });
