import { access } from 'node:fs/promises';
import { createEnrolmentCode } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { siteId } from '@consilium/shared/ids';
import { Command } from 'commander';
import { postInvitation } from '../api/index.js';
import type { CommandContext } from './context.js';
import { momentOf } from './durations.js';
import { writePrivate } from './files.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';
import { readSite } from './site-argument.js';

export const inviteCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('invite')
      .description('make a one-time code for a hospital; it is shown once')
      .argument('<site>', 'name of the hospital in the consortium: lower case letters, digits and hyphens')
      .option('--expires <span>', 'how long the code counts: 12h, 7d, or a date', '7d')
      .option('--out <file>', 'write the code to a new file instead of showing it'),
  ).action(async (name: string, options: LeadOptions & { expires: string; out?: string }) => {
    const site = readSite(name);
    const notAfter = momentOf(options.expires, '--expires', context.now());
    if (options.out !== undefined && (await exists(options.out))) fail('CSM-CLI-EXISTS', { path: options.out });
    await asLead(context, options, async ({ home, lead, client, coordinator }) => {
      const { consortium } = home;
      const { address } = coordinator;
      const terms = { address, lead: lead.publicKey, consortium, site, notAfter, random: context.random };
      const { text, invitation, gateKey, leadKey } = createEnrolmentCode(terms);
      // Kept first: a code that the coordinator knows and the lead does not could never be approved.
      const kept = {
        site: siteId.parse(site),
        invitation,
        leadKey: base64url(leadKey),
        notAfter: notAfter.toISOString(),
      };
      await home.keep(kept);
      await client.call(postInvitation, {
        body: { site, invitation, gateKey: base64url(gateKey), notAfter: notAfter.toISOString() },
      });
      if (options.out === undefined) context.print(text);
      else await writePrivate(options.out, `${text}\n`);
      context.print('');
      context.print(`This code lets one agent ask to join as ${site}, until ${notAfter.toISOString()}.`);
      context.print(
        'Give it to the hospital’s data manager by a way that you trust. There:  consilium-site enrol CODE',
      );
      context.print(`Then compare fingerprints by telephone:  consilium approve ${site} --fingerprint F`);
    });
  });

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
