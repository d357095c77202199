import { fingerprint, issueCertificate } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import { getIdentity, postCertificate } from '../api/calls.js';
import { demandFingerprint } from '../lead/index.js';
import { openClient, readAddress } from './client.js';
import type { CommandContext } from './context.js';
import { type LeadOptions, openLead, withLeadOptions } from './session.js';

export const adoptCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('adopt')
      .description('compare the coordinator’s fingerprint and sign its certificate')
      .argument('<address>', 'https address of the coordinator')
      .requiredOption('--fingerprint <fingerprint>', 'as the coordinator printed it at its start'),
  ).action(async (given: string, options: LeadOptions & { fingerprint: string }) => {
    const address = readAddress(given).href.replace(/\/$/, '');
    const { home, lead, ca } = await openLead(context, options);
    const { consortium } = home;
    const { now, random } = context;
    const client = openClient({ address, consortium, lead, ca, now, random });
    try {
      const identity = await client.call(getIdentity);
      demandFingerprint('the coordinator', identity.publicKey, options.fingerprint);
      if (identity.consortium !== consortium || identity.lead !== lead.publicKey) {
        fail('CSM-LEAD-CONSORTIUM', { address, found: identity.consortium, expected: consortium });
      }
      // The same key keeps its certificate; another one gets the next revision, so that the old one ends with it.
      const known = home.coordinator?.certificate.body;
      const newest = Math.max(known?.revision ?? 0, identity.certificate?.body.revision ?? 0);
      const same = known?.publicKey === identity.publicKey;
      const certificate = issueCertificate(lead, {
        consortium,
        role: 'coordinator',
        id: 'coordinator',
        publicKey: identity.publicKey,
        revision: same && known.revision === newest ? known.revision : newest + 1,
        revoked: false,
      });
      await client.call(postCertificate, { body: { certificate } });
      await home.adopt({ address, certificate, ca });
      context.print(`Adopted ${address} (${fingerprint(identity.publicKey)}).`);
      context.print('Next: consilium invite SITE');
    } finally {
      await client.close();
    }
  });
