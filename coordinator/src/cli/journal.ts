import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { checkCertificate } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { type PublicKey, publicKey } from '@consilium/shared/ids';
import { firstKeeper, followKeeper, readJournal, type VerifiedChain, verifyChain } from '@consilium/shared/journal';
import { Command } from 'commander';
import { type CommandContext, leadFolder } from './context.js';
import { fileFault } from './files.js';
import { openLeadHome } from './lead-home.js';

/** Verifies a journal file for whoever trusts one of the keys that signed it. @throws CSM-JOURNAL-*, CSM-CLI-FILE */
async function verifyFile(file: string, trusted: readonly PublicKey[]): Promise<VerifiedChain> {
  await access(file).catch(fileFault(file));
  const read = () => readJournal(createReadStream(file));
  const first: PublicKey[] = [];
  for (const key of trusted) first.push(await firstKeeper(read, key));
  return verifyChain(read(), { verify: followKeeper(first) });
}

export const journalCommand = (context: CommandContext): Command =>
  new Command('journal').description('the hash-chained, signed record of what happened').addCommand(
    new Command('verify')
      .description('check order, links, hashes and signatures of an exported journal')
      .argument('<file>', 'journal.jsonl of an export')
      .option('--key <key>', "the coordinator's public key (default: those that the lead certified)")
      .option('--home <dir>', "the lead's folder (default: $CONSILIUM_HOME, or ~/.consilium)")
      .action(async (file: string, options: { key?: string; home?: string }) => {
        const keys = options.key === undefined ? await certified(context, options.home) : [readKey(options.key)];
        const { records, head } = await verifyFile(file, keys);
        context.print(`${records} records, in order and signed. Newest: ${head?.hash ?? 'none'}`);
      }),
  );

async function certified(context: CommandContext, told: string | undefined): Promise<readonly PublicKey[]> {
  const { folder, lead, consortium, coordinator, former } = await openLeadHome(leadFolder(context, told));
  if (coordinator === null) fail('CSM-CLI-NOT-ADOPTED', { home: folder });
  const terms = { lead, consortium, role: 'coordinator' } as const;
  return [coordinator.certificate, ...former].map((word) => checkCertificate(word, terms).publicKey);
}

function readKey(text: string): PublicKey {
  const parsed = publicKey.safeParse(text);
  return parsed.success ? parsed.data : fail('CSM-CLI-ARGUMENT', { name: '--key', problem: '43 base64url characters' });
}
