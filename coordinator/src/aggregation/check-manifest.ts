import { canonicalBytes } from '@consilium/shared/canonical';
import type { ContributionKind, Verify } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { BlobHash, ConsortiumId, PublicKey, RunId, SiteId, StepId } from '@consilium/shared/ids';
import { type ContributionManifest, manifestDomain, type SignedManifest } from '@consilium/shared/wire';

/** What the coordinator knows of the open step, of the site that speaks, and of the blob in that site's spool. */
export interface ExpectedManifest {
  readonly consortium: ConsortiumId;
  readonly run: RunId;
  readonly contract: BlobHash;
  readonly step: StepId;
  readonly base: BlobHash | null;
  readonly site: SiteId;
  /** The certified key of that site. */
  readonly publicKey: PublicKey;
  readonly kind: ContributionKind;
  readonly codec: ContributionManifest['codec'];
  /** Training samples that the site signed in preparation, in all or for the stage; `unsigned` when it never did; `declares` in the step where it does. */
  readonly samples: number | 'unsigned' | 'declares';
  readonly hash: BlobHash;
  readonly bytes: number;
}

/**
 * Checks a signed manifest against the open step: everything in it must be as expected.
 * The site and its signature come first, since the rest is only worth reading when that site said it.
 * @returns the manifest
 * @throws CSM-UPDATE-SITE, -SIGNATURE, -CONSORTIUM, -RUN, -CONTRACT, -ROUND, -BASE, -KIND, -CODEC, -SAMPLES-UNSIGNED,
 * -SAMPLES, -DIGEST, -SIZE
 */
export function checkManifest(
  signed: SignedManifest,
  expected: ExpectedManifest,
  verify: Verify,
): ContributionManifest {
  const { manifest, signature } = signed;
  const { site, run, step, kind, codec, samples, bytes } = expected;
  if (manifest.site !== site) fail('CSM-UPDATE-SITE', { site });
  if (!verify(expected.publicKey, manifestDomain, canonicalBytes(manifest), signature)) {
    fail('CSM-UPDATE-SIGNATURE', { site });
  }
  if (manifest.consortium !== expected.consortium) fail('CSM-UPDATE-CONSORTIUM', { site });
  if (manifest.run !== run) fail('CSM-UPDATE-RUN', { site, run: manifest.run, expected: run });
  if (manifest.contract !== expected.contract) fail('CSM-UPDATE-CONTRACT', { site, run });
  if (manifest.step !== step) fail('CSM-UPDATE-ROUND', { site, step: manifest.step, expected: step });
  if (manifest.base !== expected.base) fail('CSM-UPDATE-BASE', { site });
  if (manifest.kind !== kind) fail('CSM-UPDATE-KIND', { site, kind: manifest.kind, expected: kind });
  if (manifest.codec !== codec) fail('CSM-UPDATE-CODEC', { site, codec: manifest.codec, expected: codec });
  if (samples === 'unsigned') fail('CSM-UPDATE-SAMPLES-UNSIGNED', { site });
  if (samples !== 'declares' && manifest.samples !== samples) {
    fail('CSM-UPDATE-SAMPLES', { site, samples: manifest.samples, expected: samples });
  }
  if (manifest.hash !== expected.hash) fail('CSM-UPDATE-DIGEST', { site });
  if (manifest.bytes !== bytes) fail('CSM-UPDATE-SIZE', { site, bytes: manifest.bytes, expected: bytes });
  return manifest;
}
