import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import {
  type Certificate,
  certificate,
  createIdentity,
  type Identity,
  identityOf,
  openSecret,
  sealSecret,
} from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { type ConsortiumId, consortiumId, type PublicKey, publicKey } from '@consilium/shared/ids';
import { z } from 'zod';
import { fileFault, reasonOf, writePrivate } from './files.js';

const adopted = z.strictObject({
  address: z.url(),
  certificate,
  /** PEM text of a private authority behind its TLS certificate; null: the public ones. */
  ca: z.string().nullable(),
});
/** The coordinator that this lead works with. */
export type Adopted = z.infer<typeof adopted>;

const state = z.strictObject({
  lead: publicKey,
  consortium: consortiumId,
  coordinator: adopted.nullable(),
  /** Certificates of keys that the coordinator had before, oldest first: what they signed stays theirs. */
  former: z.array(certificate).default([]),
});

/** What lies on the lead's machine: the sealed key, the consortium and the coordinator. */
export interface LeadHome {
  readonly folder: string;
  readonly lead: PublicKey;
  readonly consortium: ConsortiumId;
  readonly coordinator: Adopted | null;
  /** Of keys that the coordinator had before. */
  readonly former: readonly Certificate[];
  /** @throws CSM-KEY-PASSPHRASE */
  unlock(passphrase: string): Promise<Identity>;
  adopt(coordinator: Adopted): Promise<void>;
}

/** A consortium is named after its lead's key, so that both sides know the name without telling each other. */
export const consortiumOf = (lead: PublicKey): ConsortiumId =>
  consortiumId.parse(sha256(Buffer.from(`consilium-consortium-1 ${lead}`, 'utf8')).slice(0, 32));

const keyFile = (folder: string): string => join(folder, 'lead.key');
const stateFile = (folder: string): string => join(folder, 'lead.json');

/** Makes the lead's key. @throws CSM-LEAD-EXISTS, CSM-CLI-FILE */
export async function createLeadHome(folder: string, passphrase: string): Promise<LeadHome> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(fileFault(folder));
  if ((await readIfThere(keyFile(folder))) !== null) fail('CSM-LEAD-EXISTS', { home: folder });
  const identity = createIdentity();
  const facts = { lead: identity.publicKey, consortium: consortiumOf(identity.publicKey), coordinator: null };
  await writePrivate(stateFile(folder), json(facts));
  // Last, since its presence says that all is there.
  await writePrivate(keyFile(folder), json(await sealSecret(identity.secretKey, passphrase)));
  return openLeadHome(folder);
}

/** @throws CSM-LEAD-KEY, CSM-CLI-FILE */
export async function openLeadHome(folder: string): Promise<LeadHome> {
  const sealed = await readIfThere(keyFile(folder));
  const facts = await readJson(stateFile(folder), state);
  if (sealed === null || facts === null) fail('CSM-LEAD-KEY', { home: folder });
  return {
    folder,
    ...facts,
    async unlock(passphrase) {
      const identity = identityOf(await openSecret(parse(sealed), passphrase));
      // The file beside the key is not sealed: the key decides.
      return identity.publicKey === facts.lead ? identity : fail('CSM-LEAD-KEY', { home: folder });
    },
    async adopt(coordinator) {
      const known = facts.coordinator === null ? facts.former : [...facts.former, facts.coordinator.certificate];
      const present = coordinator.certificate.body.publicKey;
      const former = known.filter(({ body }) => body.publicKey !== present);
      await writePrivate(stateFile(folder), json({ ...facts, coordinator, former }));
    },
  };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    return reasonOf(thrown) === 'ENOENT' ? null : fileFault(path)(thrown);
  }
}

async function readJson<Value>(path: string, schema: z.ZodType<Value>): Promise<Value | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  const parsed = schema.safeParse(parse(text));
  return parsed.success ? parsed.data : fail('CSM-CLI-FILE', { path, reason: 'not as Consilium wrote it' });
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
