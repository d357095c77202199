import { z } from 'zod';
import { certificate } from '../crypto/certificate.js';
import { blobHash, runId, stepId } from '../ids.js';
import { signedManifest } from './manifest.js';

/** Raised when either side could misunderstand the other. */
export const protocolVersion = 1;

export const wireError = z.strictObject({
  code: z.string().max(64),
  details: z.record(z.string(), z.union([z.string().max(1024), z.number()])),
});

/** What a site should be doing now. Level-triggered: the newest one is the whole truth. */
export const assignment = z.strictObject({
  type: z.literal('assignment'),
  /** Null: nothing to do. */
  work: z
    .strictObject({
      run: runId,
      /** Hash of the contract, and of the blob that holds it with the lead's signature. */
      contract: blobHash,
      contractBlob: blobHash,
      step: stepId,
      /** Index of the step in the run's list; a site refuses to go back. */
      index: z.int().min(0),
      /** The global model to start from or to judge. */
      model: blobHash.nullable(),
      /** What the preparation steps have fixed so far. */
      preparation: blobHash.nullable(),
      /** Hash of the newest record of the run's journal. */
      journal: blobHash,
      /** Verdict on this site's contribution to this step, if there is one. */
      verdict: z
        .discriminatedUnion('outcome', [
          z.strictObject({ outcome: z.literal('accepted'), hash: blobHash }),
          z.strictObject({ outcome: z.literal('refused'), hash: blobHash, error: wireError }),
        ])
        .nullable(),
    })
    .nullable(),
});
export type Assignment = z.infer<typeof assignment>;
export type Work = NonNullable<Assignment['work']>;

export const siteActivity = z.enum([
  'idle',
  'fetching',
  'preparing',
  'training',
  'evaluating',
  'uploading',
  'waiting',
  /** This site cannot do the step; `error` says why. The coordinator goes on without it. */
  'declined',
  /** A fault that may pass (a crashed trainer, a full disk); the site tries again. */
  'troubled',
]);
export type SiteActivity = z.infer<typeof siteActivity>;

/** What a site is doing. Sent on connect, on change and at every heartbeat. */
export const siteStatus = z.strictObject({
  type: z.literal('status'),
  /** Made anew at every start of an agent: two that alternate mean one key in two places. */
  instance: z.string().regex(/^[0-9a-f]{16}$/),
  version: z.string().max(64),
  node: z.string().max(64),
  /** Backend in use (`native`, `webgpu`, `wasm`, `cpu`) once a trainer runs. */
  backend: z.string().max(64).nullable(),
  run: runId.nullable(),
  step: stepId.nullable(),
  activity: siteActivity,
  progress: z
    .strictObject({
      /** Work done and to do in the current activity: batches, or bytes while moving a blob. */
      done: z.number().min(0),
      total: z.number().min(0),
      unit: z.enum(['batches', 'bytes']),
      epoch: z.int().min(0).optional(),
      /** Mean training loss of the running epoch. */
      loss: z.number().optional(),
    })
    .nullable(),
  error: wireError.nullable(),
});
export type SiteStatus = z.infer<typeof siteStatus>;

/** Hands in a blob that lies complete in the site's spool. */
export const submit = z.strictObject({ type: z.literal('submit'), contribution: signedManifest });

export const verdict = z.discriminatedUnion('outcome', [
  z.strictObject({
    type: z.literal('verdict'),
    outcome: z.literal('accepted'),
    run: runId,
    step: stepId,
    hash: blobHash,
  }),
  z.strictObject({
    type: z.literal('verdict'),
    outcome: z.literal('refused'),
    run: runId,
    step: stepId,
    hash: blobHash,
    error: wireError,
  }),
]);
export type Verdict = z.infer<typeof verdict>;

const transfer = z.int().min(0).max(0xffff_ffff);

/** Asks to send a blob for a step of the site's assignment, or to fetch one that the assignment names. The asker picks the number. */
export const open = z.strictObject({
  type: z.literal('open'),
  transfer,
  direction: z.enum(['upload', 'download']),
  run: runId,
  step: stepId,
  hash: blobHash,
  /** Upload: the blob's size. Download: where to begin, since the first bytes may be there. */
  bytes: z.int().min(0),
});

/** Answer to `open`. Upload: offset to go on from. Download: the blob's size. */
export const opened = z.strictObject({ type: z.literal('opened'), transfer, bytes: z.int().min(0) });

/** The receiver holds all bytes below this offset. */
export const ack = z.strictObject({ type: z.literal('ack'), transfer, offset: z.int().min(0) });

/** Upload: all bytes are sent; check the digest and keep the blob. */
export const commit = z.strictObject({ type: z.literal('commit'), transfer });
export const committed = z.strictObject({ type: z.literal('committed'), transfer });

/** Ends a transfer from either side. */
export const abort = z.strictObject({ type: z.literal('abort'), transfer, error: wireError });

/** First sealed message of a coordinator: who the site is to it, and its certificate when there is one. */
export const welcome = z.strictObject({
  type: z.literal('welcome'),
  standing: z.enum(['pending', 'approved']),
  certificate: certificate.nullable(),
});
export type Welcome = z.infer<typeof welcome>;

export const siteMessage = z.discriminatedUnion('type', [siteStatus, submit, open, opened, ack, commit, abort]);
export type SiteMessage = z.infer<typeof siteMessage>;

export const coordinatorMessage = z.union([
  z.discriminatedUnion('type', [welcome, assignment, opened, ack, committed, abort]),
  verdict,
]);
export type CoordinatorMessage = z.infer<typeof coordinatorMessage>;
