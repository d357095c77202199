import { fingerprint } from '@consilium/shared/crypto';
import { Command } from 'commander';
import { makeNextKey } from '../home/index.js';
import type { CommandContext } from './context.js';
import { readPassphrase } from './passphrase.js';

/** `coordinator rekey`: on the coordinator's machine, over its folder, whether it runs or not. */
export const rekeyCommand = (context: CommandContext): Command =>
  new Command('rekey')
    .description(
      'make a new key for the coordinator; the old one counts until the lead has certified it, and runs go on',
    )
    .requiredOption('--home <dir>', "the coordinator's folder")
    .option('--passphrase-file <file>', 'file whose first line is the passphrase of the coordinator’s keys')
    .action(async ({ home, passphraseFile: file }: { home: string; passphraseFile?: string }) => {
      const passphrase = await readPassphrase(context, { file, what: "the coordinator's keys" });
      const next = fingerprint((await makeNextKey(home, passphrase)).publicKey);
      context.print(`Fingerprint of the new key  ${next}`);
      context.print('');
      context.print('Read it to the lead by telephone. On the lead’s machine, while the coordinator runs:');
      context.print(`  consilium adopt ADDRESS --fingerprint ${next}`);
    });
