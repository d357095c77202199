import { access } from 'node:fs/promises';
import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import { postInvitation } from '../api/calls.js';
import { invite } from '../lead/index.js';
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
      const { code, told } = invite(lead, { address, consortium, site, notAfter, random: context.random });
      await client.call(postInvitation, { body: told });
      if (options.out === undefined) context.print(code);
      else await writePrivate(options.out, `${code}\n`);
      context.print('');
      context.print(`This code lets one agent ask to join as ${site}, until ${notAfter.toISOString()}.`);
      context.print(
        'Give it to the hospital’s data manager by a way that you trust. There:  consilium-site enrol CODE',
      );
      context.print(`Then compare fingerprints by telephone:  consilium approve ${site} --fingerprint F`);
    });
  });

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
