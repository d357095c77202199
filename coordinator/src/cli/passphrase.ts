import { readFile } from 'node:fs/promises';
import { fail } from '@consilium/shared/errors';
import type { CommandContext } from './context.js';
import { fileFault } from './files.js';

const shortest = 8;

/**
 * The passphrase of a key, from a file's first line, CONSILIUM_PASSPHRASE, or a prompt in a terminal.
 * @param fresh the key is being made: a prompt asks twice, and too short a passphrase is refused
 * @throws CSM-CLI-PASSPHRASE, CSM-CLI-ARGUMENT, CSM-CLI-FILE
 */
export async function readPassphrase(
  context: CommandContext,
  options: { readonly file: string | undefined; readonly what: string; readonly fresh?: boolean },
): Promise<string> {
  const given = options.file === undefined ? context.env.CONSILIUM_PASSPHRASE : await firstLine(options.file);
  const passphrase = given ?? (await ask(context, options));
  if (passphrase === '') fail('CSM-CLI-PASSPHRASE', { what: options.what });
  if (options.fresh === true && passphrase.length < shortest) {
    fail('CSM-CLI-ARGUMENT', { name: 'The passphrase', problem: `it must have at least ${shortest} characters` });
  }
  return passphrase;
}

async function ask(
  context: CommandContext,
  { what, fresh }: { readonly what: string; readonly fresh?: boolean },
): Promise<string> {
  if (!context.interactive) fail('CSM-CLI-PASSPHRASE', { what });
  const passphrase = await context.secret(`Passphrase for ${what}: `);
  if (fresh === true && (await context.secret('The same again: ')) !== passphrase) {
    fail('CSM-CLI-ARGUMENT', { name: 'The passphrase', problem: 'the two differ' });
  }
  return passphrase;
}

const firstLine = async (file: string): Promise<string> =>
  (await readFile(file, 'utf8').catch(fileFault(file))).split(/\r?\n/, 1)[0] ?? '';
