import { z } from 'zod';
import { canonicalBytes, sha256 } from '../canonical.js';
import { fail } from '../errors/index.js';
import { type BlobHash, blobHash, type ConsortiumId, consortiumId, type PublicKey, runId, signature } from '../ids.js';
import { checkExtensions } from './extension.js';
import { runFile } from './run-file.js';
import { rounds } from './training.js';

/** Signatures over contracts are made under this domain. */
export const contractDomain = 'consilium-contract-1';

/** How often a contract can be extended. */
export const maxExtensions = 100;

/** What the lead signs: the run file with all defaults, the files that it names, whose it is and until when. */
export const contract = z.strictObject({
  format: z.literal(contractDomain),
  consortium: consortiumId,
  run: runId,
  /** ISO 8601, UTC. A site refuses work on the run after it. */
  notAfter: z.iso.datetime(),
  /** Text and SHA-256 of each file that the run file names, by file name. */
  files: z.record(z.string(), z.strictObject({ sha256: blobHash, text: z.string() })),
  /** Of a run that starts from earlier weights. Sites have no need of them. */
  weights: z
    .strictObject({
      /** SHA-256 of the file as the lead has it. */
      sha256: blobHash,
      /** The tensors that the model takes from it, as a weights file in pieces: the SHA-256 of each, in their order. */
      parts: z.array(blobHash).min(1),
    })
    .exactOptional(),
  /** Of a run whose final test also judges the result of an earlier one: all that this takes, as a file in pieces. */
  previous: z
    .strictObject({
      /** SHA-256 of the earlier model's own file. */
      model: blobHash,
      /** The SHA-256 of each piece, in their order. */
      parts: z.array(blobHash).min(1),
    })
    .exactOptional(),
  /**
   * The contracts of the same run that this one extends, oldest first: the hash of each, and what it said in place of what
   * this one says. All else is the same, so each can be made again from this one and its hash compared.
   */
  extends: z
    .array(
      z.strictObject({
        contract: blobHash,
        notAfter: z.iso.datetime(),
        /** Of the last stage; left out where that had no number of its own. */
        rounds: rounds.exactOptional(),
      }),
    )
    .min(1)
    .max(maxExtensions)
    .exactOptional(),
  runFile,
});
export type Contract = z.output<typeof contract>;

export const signedContract = z.strictObject({ contract, signature });
export type SignedContract = z.output<typeof signedContract>;

/** The contract's identity: SHA-256 of its canonical bytes. */
export const contractHash = (value: Contract): BlobHash => sha256(canonicalBytes(value));

/** Verifies an Ed25519 signature made under a domain; `crypto/keys` provides it. */
export type Verify = (key: PublicKey, domain: string, bytes: Uint8Array, signature: string) => boolean;

/**
 * Reads a signed contract from its blob and checks all that a site must check before it obeys.
 * @throws CSM-CONTRACT-SIGNATURE, CSM-CONTRACT-EXTENSION, CSM-CONTRACT-FOREIGN, CSM-CONTRACT-EXPIRED
 */
export function openContract(
  bytes: Uint8Array,
  trust: { readonly lead: PublicKey; readonly consortium: ConsortiumId; readonly now: Date; readonly verify: Verify },
): Contract {
  const parsed = signedContract.safeParse(parseJson(bytes));
  if (!parsed.success) fail('CSM-CONTRACT-SIGNATURE');
  const { contract: terms, signature: signed } = parsed.data;
  if (!trust.verify(trust.lead, contractDomain, canonicalBytes(terms), signed)) fail('CSM-CONTRACT-SIGNATURE');
  for (const file of Object.values(terms.files)) {
    if (sha256(new TextEncoder().encode(file.text)) !== file.sha256) fail('CSM-CONTRACT-SIGNATURE');
  }
  checkExtensions(terms);
  if (terms.consortium !== trust.consortium) fail('CSM-CONTRACT-FOREIGN', { consortium: terms.consortium });
  if (trust.now > new Date(terms.notAfter)) fail('CSM-CONTRACT-EXPIRED', { run: terms.run, notAfter: terms.notAfter });
  return terms;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
