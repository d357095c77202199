import { fingerprint } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { Command } from 'commander';
import { readEnrolment } from '../config/index.js';
import { makeNextKey } from '../keys/index.js';
import { type CommandContext, homeOf, readPassphrase } from './context.js';

interface RekeyOptions {
  readonly home?: string;
  readonly passphraseFile?: string;
}

export function addRekey(program: Command, context: CommandContext): void {
  program
    .command('rekey')
    .description('make a new key for this site; the old one counts until the lead has certified it, and runs go on')
    .option('--home <dir>', "the agent's own folder")
    .option(
      '--passphrase-file <file>',
      "first line: the passphrase of the site's key; the new one is sealed with it, too",
    )
    .action((options: RekeyOptions) => rekey(options, context));
}

async function rekey(options: RekeyOptions, context: CommandContext): Promise<void> {
  const home = homeOf(context, options.home);
  const enrolment = (await readEnrolment(home)) ?? fail('CSM-CLISITE-NOT-ENROLLED', { home: home.folder });
  const passphrase = await readPassphrase(context, { file: options.passphraseFile, fresh: false });
  const { identity } = await makeNextKey(home, enrolment, passphrase);
  context.print(`Fingerprint of the new key: ${fingerprint(identity.publicKey)}`);
  context.print('The agent tells the coordinator of it, within seconds where it runs; start it where it does not.');
  context.print('Read the fingerprint to the lead by telephone; the lead approves the key when it is the same.');
  context.print('Until then the present key counts, and nothing stops.');
}
