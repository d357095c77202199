import { fingerprint } from '@consilium/shared/crypto';
import { Command } from 'commander';
import { type CommandContext, leadFolder } from './context.js';
import { createLeadHome } from './lead-home.js';
import { readPassphrase } from './passphrase.js';

export const initCommand = (context: CommandContext): Command =>
  new Command('init')
    .description("make the lead's key: the one root of trust of a consortium")
    .option('--home <dir>', "the lead's folder (default: $CONSILIUM_HOME, or ~/.consilium)")
    .option('--passphrase-file <file>', 'file whose first line is the passphrase')
    .action(async (options: { home?: string; passphraseFile?: string }) => {
      const what = "the lead's new key";
      const passphrase = await readPassphrase(context, { file: options.passphraseFile, what, fresh: true });
      const { folder, lead, consortium } = await createLeadHome(leadFolder(context, options.home), passphrase);
      context.print(`Lead key     ${lead}`);
      context.print(`Fingerprint  ${fingerprint(lead)}`);
      context.print(`Consortium   ${consortium}`);
      context.print(`Folder       ${folder}`);
      context.print('');
      context.print('Keep a copy of this folder and its passphrase apart from this machine.');
      context.print('Next, on the coordinator’s machine:');
      context.print(`  consilium coordinator start --home ./coordinator --lead ${lead}`);
    });
