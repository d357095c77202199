import { certificate, keyChange } from '@consilium/shared/crypto';
import { blobHash, siteId, stepId } from '@consilium/shared/ids';
import { figureName } from '@consilium/shared/report';
import { signedManifest, wireError } from '@consilium/shared/wire';
import { z } from 'zod';

const pooled = z.strictObject({
  n: z.int().min(0),
  loss: z.number().nullable(),
  accuracy: z.number().nullable(),
  balancedAccuracy: z.number().nullable(),
  macroF1: z.number().nullable(),
  weightedF1: z.number().nullable(),
  mcc: z.number().nullable(),
  auc: z.number().nullable(),
  /** Average precision over all class scores in one list. Not in journals of before. */
  microAp: z.number().nullable().exactOptional(),
  ece: z.number().nullable(),
  brier: z.number().nullable(),
});

/** Figures over all contributing sites, from mergeable counts; null where undefined (no patients, one class). */
export type PooledMetrics = z.infer<typeof pooled>;

const released = z.strictObject({
  site: siteId,
  n: z.int().min(0).nullable(),
  loss: z.number().nullable(),
  accuracy: z.number().nullable(),
  macroF1: z.number().nullable(),
  /** The same of other predictions of its samples: baselines, the site's own model. */
  panels: z
    .array(z.strictObject({ name: figureName, accuracy: z.number().nullable(), macroF1: z.number().nullable() }))
    .exactOptional(),
});

/** One site's own released figures; null where it withheld them. */
export type ReleasedMetrics = z.infer<typeof released>;

/** Figures beside those of the model: baselines, retrieval. */
const panel = z.strictObject({ name: figureName, metrics: pooled });
const figure = z.strictObject({ name: figureName, n: z.int().min(1), mean: z.number() });

/** What folding a step has made. */
export const stepOutput = z.strictObject({
  /** New global model (`initial`, `train`). */
  model: blobHash.optional(),
  /** What the strategy keeps of this round for the next one (`train`): momentum, second moments. */
  strategyState: blobHash.optional(),
  /** What the stage that begins does not train (`initial`). */
  frozen: blobHash.optional(),
  /** New preparation state (`prepare`). */
  preparation: blobHash.optional(),
  /** Training samples of each stage by site (`prepare:cohort:1`), where stages look at some groups alone; null: too few patients. */
  stageSamples: z.record(siteId, z.array(z.int().min(1).nullable())).optional(),
  /** Pooled figures (`validate`, `test`). */
  metrics: pooled.optional(),
  released: z.array(released).optional(),
  panels: z.array(panel).optional(),
  figures: z.array(figure).optional(),
});
export type StepOutput = z.infer<typeof stepOutput>;

const offered = z.strictObject({
  type: z.literal('offered'),
  contract: blobHash,
  contractBlob: blobHash,
  sites: z.array(siteId).min(1),
  /** Each round waits for the lead's `next`. */
  stepwise: z.boolean(),
});
const stepOpened = z.strictObject({ type: z.literal('step-opened'), step: stepId, index: z.int().min(0) });
const contributionAccepted = z.strictObject({
  type: z.literal('contribution-accepted'),
  step: stepId,
  site: siteId,
  contribution: signedManifest,
});
const contributionRefused = z.strictObject({
  type: z.literal('contribution-refused'),
  step: stepId,
  site: siteId,
  contribution: signedManifest,
  error: wireError,
});
/** A site will not contribute: to this step, until it is heard again, or to the rest of the run. */
const siteLeft = z.strictObject({
  type: z.literal('site-left'),
  step: stepId,
  site: siteId,
  until: z.enum(['step', 'heard', 'run']),
  /** Left out by the contract's own rule, so that the run is no less complete. */
  excused: z.boolean(),
  error: wireError,
});
/** A site that was approved after the launch takes part, as the contract says. */
const siteJoined = z.strictObject({ type: z.literal('site-joined'), step: stepId, site: siteId });
/** The lead certified another key of a site: what the former one signs does not count any more. */
const siteRekeyed = z.strictObject({ type: z.literal('site-rekeyed'), step: stepId, site: siteId, certificate });
/** The coordinator's key gave way to the next one, which signs this record and those that follow. */
const keyChanged = z.strictObject({ type: z.literal('key-changed'), change: keyChange, certificate });
const siteReturned = z.strictObject({ type: z.literal('site-returned'), step: stepId, site: siteId });
const stepFolding = z.strictObject({
  type: z.literal('step-folding'),
  step: stepId,
  /** What the contract asks of a step and this one lacks; it is folded all the same, as the contract says. */
  unmet: z.array(wireError).min(1).exactOptional(),
});
const stepDone = z.strictObject({ type: z.literal('step-done'), step: stepId, output: stepOutput });
const paused = z.strictObject({
  type: z.literal('paused'),
  by: z.enum(['lead', 'stepwise', 'participation']),
  error: wireError.nullable(),
});
/** The lead signed a longer contract of the same run. All that it changes stands here. */
const extended = z.strictObject({
  type: z.literal('extended'),
  contract: blobHash,
  contractBlob: blobHash,
  /** Of the last stage. */
  rounds: z.int().min(1),
  notAfter: z.iso.datetime(),
});
const resumed = z.strictObject({ type: z.literal('resumed') });
const closed = z.strictObject({
  type: z.literal('closed'),
  outcome: z.enum(['complete', 'degraded', 'failed']),
  error: wireError.nullable(),
});

/** Everything that can happen to a run, in the order in which it is journaled. */
export const runRecord = z.discriminatedUnion('type', [
  offered,
  stepOpened,
  contributionAccepted,
  contributionRefused,
  siteLeft,
  siteJoined,
  siteRekeyed,
  keyChanged,
  siteReturned,
  stepFolding,
  stepDone,
  extended,
  paused,
  resumed,
  closed,
]);
export type RunRecord = z.infer<typeof runRecord>;
