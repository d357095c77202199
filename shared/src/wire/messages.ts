import { z } from 'zod';
import { certificate } from '../crypto/certificate.js';
import { keyChange } from '../crypto/key-change.js';
import { type CodedError, fail, toWire, type WireError } from '../errors/index.js';
import { blobHash, runId, stepId } from '../ids.js';
import { frameBytes } from './limits.js';
import { signedManifest } from './manifest.js';

/** Raised when either side could misunderstand the other. */
export const protocolVersion = 1;

const maxDetail = 1024;
const maxDetails = 16;
const maxDetailName = 64;

export const wireError = z.strictObject({
  code: z.string().max(64),
  details: z.record(z.string(), z.union([z.string().max(maxDetail), z.number()])),
});

/** An error of a site: it is journaled and shown, so that it may not be as long as a message. */
const siteError = wireError.extend({
  details: wireError.shape.details.refine((details) => {
    const names = Object.keys(details);
    return names.length <= maxDetails && names.every((name) => name.length <= maxDetailName);
  }),
});

/** An error as the wire takes it: over-long facts are cut. */
export const sendable = (error: CodedError): WireError => {
  const { code, details } = toWire(error);
  const cut = (fact: string | number) => (typeof fact === 'string' ? fact.slice(0, maxDetail) : fact);
  const facts = Object.entries(details).slice(0, maxDetails);
  return {
    code,
    details: Object.fromEntries(facts.map(([name, fact]) => [name.slice(0, maxDetailName), cut(fact)])),
  };
};

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
      /** What the stage does not train; left out where it trains all. */
      frozen: blobHash.exactOptional(),
      /** What the strategy keeps, as a weights file, where a site trains by it; left out in the first round of a stage. */
      control: blobHash.exactOptional(),
      /** The step whose carried state this one stands on: local tensors, residual, control variate, all kept at the site; left out before the site has done one. */
      carried: stepId.exactOptional(),
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
  /** Backend in use, and what it runs on where it could be either (`native on GPU`, `wasm`), once a trainer runs. */
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
      /** Mean loss over all training rows of the newest finished epoch. */
      loss: z.number().optional(),
    })
    .nullable(),
  error: siteError.nullable(),
});
export type SiteStatus = z.infer<typeof siteStatus>;

/** Hands in a blob that lies complete in the site's spool. */
export const submit = z.strictObject({ type: z.literal('submit'), contribution: signedManifest });

/** The site has made itself a new key, and asks the lead through the coordinator to certify it. Sent at each connect until then. */
export const rekey = z.strictObject({ type: z.literal('rekey'), change: keyChange });

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
/** Bytes that may be under way unacknowledged: at least one frame. */
const window = z
  .int()
  .min(frameBytes)
  .max(2 ** 31);

/**
 * Asks to send a blob for a step of the site's assignment, or to fetch one that the assignment names.
 * The asker picks the number, a greater one each time in a session.
 */
export const open = z.strictObject({
  type: z.literal('open'),
  transfer,
  direction: z.enum(['upload', 'download']),
  run: runId,
  step: stepId,
  hash: blobHash,
  /** Upload: the blob's size. Download: where to begin, since the first bytes may be there. */
  bytes: z.int().min(0),
  /** Download: the most that the site takes in. Upload: the most that it would send. */
  window,
});
export type Open = z.infer<typeof open>;

/** Answer to `open`. Upload: offset to go on from. Download: the blob's size. The sender keeps to `window`. */
export const opened = z.strictObject({ type: z.literal('opened'), transfer, bytes: z.int().min(0), window });
export type Opened = z.infer<typeof opened>;

/** The receiver holds all bytes below this offset. */
export const ack = z.strictObject({ type: z.literal('ack'), transfer, offset: z.int().min(0) });

/** Upload: all bytes are sent; check the digest and keep the blob. */
export const commit = z.strictObject({ type: z.literal('commit'), transfer });
export const committed = z.strictObject({ type: z.literal('committed'), transfer });

/** Ends a transfer from either side. */
export const abort = z.strictObject({ type: z.literal('abort'), transfer, error: wireError });

/** A contribution could not be judged now; the site hands it in again later. */
export const deferred = z.strictObject({
  type: z.literal('deferred'),
  run: runId,
  step: stepId,
  hash: blobHash,
  error: wireError,
});
export type Deferred = z.infer<typeof deferred>;

/** Something that the people at the site should know; the session goes on. */
export const notice = z.strictObject({ type: z.literal('notice'), error: wireError });

/** Last message of a coordinator: why it ends the session. */
export const closing = z.strictObject({ type: z.literal('closing'), error: wireError });

/**
 * First sealed message of a coordinator: who the site is to it, and its certificate when there is one.
 * Sent again when that changes.
 */
export const welcome = z.strictObject({
  type: z.literal('welcome'),
  standing: z.enum(['pending', 'approved']),
  certificate: certificate.nullable(),
});
export type Welcome = z.infer<typeof welcome>;

/** The lead certified the coordinator anew: from then on no older certificate counts. Each handshake tells of it, too. */
export const certified = z.strictObject({ type: z.literal('certified'), certificate });

export const siteMessage = z.discriminatedUnion('type', [siteStatus, submit, open, ack, commit, abort, rekey]);
export type SiteMessage = z.infer<typeof siteMessage>;

export const coordinatorMessage = z.union([
  z.discriminatedUnion('type', [
    welcome,
    assignment,
    opened,
    ack,
    committed,
    abort,
    deferred,
    notice,
    certified,
    closing,
  ]),
  verdict,
]);
export type CoordinatorMessage = z.infer<typeof coordinatorMessage>;

/**
 * Reads a control message that came through the channel.
 * @throws CSM-WIRE-MALFORMED naming the member at fault, never its value
 */
export function readMessage<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.map(String).join('.').slice(0, 100);
  return fail('CSM-WIRE-MALFORMED', { path: path || 'its top' });
}
