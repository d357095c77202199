import { certificate, enrolmentProof, invitationId, invitationNonce, keyChange } from '@consilium/shared/crypto';
import { blobHash, consortiumId, publicKey, runId, siteId, stepId } from '@consilium/shared/ids';
import { z } from 'zod';

/** The chain on which all of this lies. */
export const consortiumChain = 'consortium';

const opened = z.strictObject({ type: z.literal('consortium-opened'), consortium: consortiumId, lead: publicKey });
const certified = z.strictObject({
  type: z.literal('coordinator-certified'),
  certificate,
  /** Where the coordinator's key gave way to the next one, which signs this record and those that follow. */
  change: keyChange.exactOptional(),
});
const invited = z.strictObject({
  type: z.literal('site-invited'),
  site: siteId,
  invitation: invitationId,
  /** From which the lead's key finds the code's secret again; what was invited before there was one lacks it. */
  nonce: invitationNonce.optional(),
  notAfter: z.iso.datetime(),
});
const enrolled = z.strictObject({
  type: z.literal('site-enrolled'),
  site: siteId,
  publicKey,
  invitation: invitationId,
  /** The site's proof to the lead that it holds the code. The coordinator can neither check nor make one. */
  leadProof: enrolmentProof.shape.leadProof,
});
/** An approved site asks for another key in the place of its own. */
const rekeyAsked = z.strictObject({ type: z.literal('site-rekey-asked'), site: siteId, change: keyChange });
const approved = z.strictObject({ type: z.literal('site-approved'), certificate });
const revoked = z.strictObject({ type: z.literal('site-revoked'), certificate });
const launched = z.strictObject({ type: z.literal('run-launched'), run: runId, contract: blobHash });
/** Two agents alternated under one key. */
const collided = z.strictObject({ type: z.literal('agents-collided'), site: siteId });
/** The lead took a site's update away. */
const taken = z.strictObject({
  type: z.literal('update-taken'),
  run: runId,
  step: stepId,
  site: siteId,
  update: blobHash,
});

/** Everything that can happen to a consortium, in the order in which it is journaled. */
export const consortiumRecord = z.discriminatedUnion('type', [
  opened,
  certified,
  invited,
  enrolled,
  rekeyAsked,
  approved,
  revoked,
  launched,
  collided,
  taken,
]);
export type ConsortiumRecord = z.infer<typeof consortiumRecord>;
