import { z } from 'zod';
import { blobHash, consortiumId, runId, signature, siteId, stepId } from '../ids.js';
import { codecNames } from '../weights/codecs/index.js';

/** Signatures over contribution manifests are made under this domain. */
export const manifestDomain = 'consilium-contribution-1';

/** What a site says, and signs, about one blob that it sends for one step. Everything must match the open step. */
export const contributionManifest = z.strictObject({
  consortium: consortiumId,
  run: runId,
  contract: blobHash,
  step: stepId,
  site: siteId,
  /** The model that the work started from; null before there is one. */
  base: blobHash.nullable(),
  kind: z.enum(['statistics', 'update', 'report']),
  /** How an update is coded; `json` for all else. */
  codec: z.enum([...codecNames, 'json']),
  /** Training samples behind the blob; must equal the count that the site signed in `prepare:cohort:1`. */
  samples: z.int().min(0),
  hash: blobHash,
  bytes: z.int().min(1),
});
export type ContributionManifest = z.infer<typeof contributionManifest>;

export const signedManifest = z.strictObject({ manifest: contributionManifest, signature });
export type SignedManifest = z.infer<typeof signedManifest>;
