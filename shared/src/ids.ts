import { z } from 'zod';

const hex = (bytes: number) => new RegExp(`^[0-9a-f]{${bytes * 2}}$`);
const slug = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A hospital's name in the consortium, chosen by the lead at invitation: lower case letters, digits and inner hyphens, 1 to 63. */
export const siteId = z
  .string()
  .regex(slug, 'lower case letters, digits and inner hyphens, at most 63')
  .brand<'SiteId'>();
export type SiteId = z.infer<typeof siteId>;

/** A run's random identity: 16 bytes in hex. */
export const runId = z.string().regex(hex(16), '32 hexadecimal digits').brand<'RunId'>();
export type RunId = z.infer<typeof runId>;

/** A consortium's random identity, made with the lead's key: 16 bytes in hex. */
export const consortiumId = z.string().regex(hex(16), '32 hexadecimal digits').brand<'ConsortiumId'>();
export type ConsortiumId = z.infer<typeof consortiumId>;

/** SHA-256 of a blob's plain bytes, in hex. Also the hash of contracts and journal records. */
export const blobHash = z.string().regex(hex(32), '64 hexadecimal digits').brand<'BlobHash'>();
export type BlobHash = z.infer<typeof blobHash>;

/**
 * One step of a run, as text: `prepare:cohort:1`, `initial`, `train:0:12`, `validate:12`, `test`; of later stages `initial:1`,
 * `train:1:12`, `validate:1:12`.
 */
export const stepId = z
  .string()
  .regex(/^(?:prepare:[a-z-]+:\d+|initial(?::\d+)?|train:\d+:\d+|validate:(?:\d+:)?\d+|test)$/)
  .brand<'StepId'>();
export type StepId = z.infer<typeof stepId>;

/** Ed25519 public key: 32 bytes in base64url without padding. */
export const publicKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, '43 base64url characters')
  .brand<'PublicKey'>();
export type PublicKey = z.infer<typeof publicKey>;

/** Ed25519 signature: 64 bytes in base64url without padding. */
export const signature = z
  .string()
  .regex(/^[A-Za-z0-9_-]{86}$/, '86 base64url characters')
  .brand<'Signature'>();
export type Signature = z.infer<typeof signature>;
