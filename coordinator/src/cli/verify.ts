import { open, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fingerprint } from '@consilium/shared/crypto';
import { CodedError, fail } from '@consilium/shared/errors';
import { type BlobHash, blobHash, type PublicKey, publicKey } from '@consilium/shared/ids';
import { Command } from 'commander';
import { readUpTo } from '../store/disk.js';
import type { ExportFolder, Verification } from '../verifying/index.js';
import type { CommandContext } from './context.js';
import { fileFault } from './files.js';
import { verificationText } from './verification-text.js';

interface VerifyCommandOptions {
  readonly lead?: string;
  readonly head?: string;
  readonly json?: boolean;
}

/** Nothing is wrong with the folder: the command could not begin. */
const usageFault = 2;
const altered = 1;

export const verifyCommand = (context: CommandContext): Command =>
  new Command('verify')
    .description('check an exported run offline: signatures, hashes, journal, and every fold whose updates are there')
    .argument('<dir>', 'folder that `consilium export` made')
    .option('--lead <key>', "the lead's public key, as the lead told it (default: the one in the folder)")
    .option('--head <hash>', 'newest hash of the journal, as somebody else holds it')
    .option('--json', 'as JSON')
    .exitOverride((thrown) => process.exit(thrown.exitCode === 0 ? 0 : usageFault))
    .action(async (dir: string, options: VerifyCommandOptions) => {
      try {
        const lead = readOption('--lead', options.lead, (text) => publicKey.safeParse(text).data);
        const head = readOption('--head', options.head, (text) => blobHash.safeParse(text).data);
        const folder = await openFolder(dir);
        // Loaded here: no other command needs what folds updates.
        const { verifyExport } = await import('../verifying/index.js');
        const found = await verifyExport(folder, { lead, head, signal: context.signal });
        context.print(options.json ? json(found, lead) : verificationText(found, lead !== undefined));
        if (found.findings.length > 0) process.exitCode = altered;
      } catch (thrown) {
        if (thrown instanceof CodedError) process.exitCode = usageFault;
        throw thrown;
      }
    });

function readOption<Value extends PublicKey | BlobHash>(
  name: string,
  text: string | undefined,
  read: (text: string) => Value | undefined,
): Value | undefined {
  if (text === undefined) return undefined;
  return read(text) ?? fail('CSM-CLI-ARGUMENT', { name, problem: 'it is not of that form' });
}

/** A folder on this disk. @throws CSM-CLI-FILE */
async function openFolder(root: string): Promise<ExportFolder> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(fileFault(root));
  const names = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)).replaceAll(sep, '/'))
    .sort();
  return {
    names: async () => names,
    size: async (name) => (await stat(join(root, name)).catch(fileFault(name))).size,
    async read(name, offset, length) {
      const handle = await open(join(root, name), 'r').catch(fileFault(name));
      try {
        return await readUpTo(handle, offset, length);
      } finally {
        await handle.close();
      }
    },
  };
}

function json(found: Verification, lead: PublicKey | undefined): string {
  const { findings, ...rest } = found;
  return JSON.stringify(
    {
      holds: findings.length === 0,
      ...rest,
      leadFingerprint: found.lead && fingerprint(found.lead),
      leadGiven: lead !== undefined,
      findings: findings.map(({ error, ...where }) => ({ ...where, code: error.code, message: error.message })),
    },
    null,
    2,
  );
}
