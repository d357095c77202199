import { z } from 'zod';
import { canonicalBytes } from '../canonical.js';
import type { Sign, Verify } from '../contract/index.js';
import { certificate } from '../crypto/index.js';
import { fail } from '../errors/index.js';
import { blobHash, consortiumId, publicKey, runId, signature } from '../ids.js';

/** The file of an exported run that says what the others are, signed by the lead. */
export const sealFile = 'export.json';

/** The folder of an exported run with blobs that only a check needs, each named by its hash. */
export const blobFolder = 'blobs';

/** Signatures over seals are made under this domain. */
export const sealDomain = 'consilium-export-1';

const digest = z.strictObject({
  sha256: blobHash,
  bytes: z.int().min(0),
  pieces: z.strictObject({ bytes: z.int().min(1), sha256: z.array(blobHash).min(2) }).exactOptional(),
});

/** What the lead says of an export: whose run it is, where its journal ended, whose keys signed in it, and each of its files. */
export const exportSeal = z.strictObject({
  format: z.literal(sealDomain),
  consortium: consortiumId,
  run: runId,
  lead: publicKey,
  /** ISO 8601, UTC. */
  exportedAt: z.iso.datetime(),
  journal: z.strictObject({ head: blobHash, records: z.int().min(1) }),
  /** The lead's word on the keys of the coordinator and of the run's sites, former and revoked ones too. */
  certificates: z.array(certificate),
  /** Every file but this one and the list of hashes, by its path with forward slashes. */
  files: z.record(z.string().min(1), digest),
});
export type ExportSeal = z.infer<typeof exportSeal>;

const signedSeal = z.strictObject({ seal: exportSeal, signature });

/** The bytes of the sealing file. */
export const encodeSeal = (seal: ExportSeal, sign: Sign): Uint8Array =>
  canonicalBytes({ seal, signature: sign(sealDomain, canonicalBytes(seal)) });

/**
 * Reads the sealing file. Only the canonical form is one, so no bit of it can change unnoticed.
 * @throws CSM-VERIFY-SEAL
 */
export function readSeal(bytes: Uint8Array, verify: Verify): ExportSeal {
  const refuse = (problem: string): never => fail('CSM-VERIFY-SEAL', { file: sealFile, problem });
  const parsed = signedSeal.safeParse(jsonOf(bytes));
  if (!parsed.success) return refuse('it is no seal of an export');
  if (Buffer.compare(canonicalBytes(parsed.data), bytes) !== 0) return refuse('it is not in its canonical form');
  const { seal, signature: signed } = parsed.data;
  if (!verify(seal.lead, sealDomain, canonicalBytes(seal), signed)) return refuse('the lead did not sign what it says');
  return seal;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
