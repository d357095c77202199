import { readFile } from 'node:fs/promises';
import { checkCertificate, type Identity } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { PublicKey } from '@consilium/shared/ids';
import type { Command } from 'commander';
import { type LeadClient, openClient } from './client.js';
import { type CommandContext, leadFolder } from './context.js';
import { fileFault } from './files.js';
import { type Adopted, type LeadHome, openLeadHome } from './lead-home.js';
import { readPassphrase } from './passphrase.js';

/** Options of every command that speaks to a coordinator. */
export interface LeadOptions {
  readonly home?: string;
  readonly passphraseFile?: string;
  readonly ca?: string;
}

export const withLeadOptions = (command: Command): Command =>
  command
    .option('--home <dir>', "the lead's folder (default: $CONSILIUM_HOME, or ~/.consilium)")
    .option('--passphrase-file <file>', 'file whose first line is the passphrase')
    .option(
      '--ca <file>',
      'PEM file of a private authority behind the coordinator’s TLS certificate; adopt remembers it',
    );

/** The lead at work: home open, key unlocked, coordinator at the other end. */
export interface LeadSession {
  readonly home: LeadHome;
  readonly lead: Identity;
  readonly client: LeadClient;
  readonly coordinator: Adopted;
  /** The coordinator's key, as the lead certified it. */
  readonly coordinatorKey: PublicKey;
}

export interface OpenedLead {
  readonly home: LeadHome;
  readonly lead: Identity;
  readonly ca: string | null;
}

/** Opens the lead's folder and key. @throws CSM-LEAD-KEY, CSM-CLI-PASSPHRASE, CSM-KEY-PASSPHRASE, CSM-CLI-FILE */
export async function openLead(context: CommandContext, options: LeadOptions): Promise<OpenedLead> {
  const home = await openLeadHome(leadFolder(context, options.home));
  const ca = await readCa(options);
  const passphrase = await readPassphrase(context, { file: options.passphraseFile, what: "the lead's key" });
  return { home, lead: await home.unlock(passphrase), ca };
}

/** Does something as the lead, and hangs up after it. @throws CSM-CLI-NOT-ADOPTED and what `openLead` throws */
export async function asLead<Result>(
  context: CommandContext,
  options: LeadOptions,
  work: (session: LeadSession) => Promise<Result>,
): Promise<Result> {
  const { home, lead, ca } = await openLead(context, options);
  const coordinator = home.coordinator ?? fail('CSM-CLI-NOT-ADOPTED', { home: home.folder });
  const { consortium } = home;
  const terms = { lead: lead.publicKey, consortium, role: 'coordinator' } as const;
  const { publicKey: coordinatorKey } = checkCertificate(coordinator.certificate, terms);
  const { now, random } = context;
  const client = openClient({ address: coordinator.address, consortium, lead, ca: ca ?? coordinator.ca, now, random });
  try {
    return await work({ home, lead, client, coordinator, coordinatorKey });
  } finally {
    await client.close();
  }
}

export const readCa = async ({ ca }: LeadOptions): Promise<string | null> =>
  ca === undefined ? null : readFile(ca, 'utf8').catch(fileFault(ca));
