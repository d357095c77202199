import { contract, preparationName } from '@consilium/shared/contract';
import { blobHash, siteId, stepId } from '@consilium/shared/ids';
import { evaluationCounts } from '@consilium/shared/metrics';
import type { BesideCounts } from '@consilium/shared/report';
import { wireError } from '@consilium/shared/wire';
import { z } from 'zod';
import { type RunningBackend, runningBackend } from '../backends/index.js';
import { siteSettings } from '../config/index.js';

const path = z.string().min(1);
const salt = z.string().regex(/^[A-Za-z0-9_-]{22}$/);

/** What stays the same as long as a trainer lives: one run at one site. */
export const setting = z.strictObject({
  contract,
  site: siteId,
  data: siteSettings.shape.data,
  backend: siteSettings.shape.backend,
  device: siteSettings.shape.device,
});
export type Setting = z.output<typeof setting>;

/** What training and judging stand on. */
const given = {
  model: path,
  /** What the stage does not train. */
  frozen: path.nullable(),
  /** The site's own tensors that belong to the model; a file that is not there is as good as none. */
  carried: path.nullable(),
  preparation: path,
};

/** One piece of work. Files are named by path; what is in them was checked by its digest before. */
export const job = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('prepare'),
    name: preparationName,
    pass: z.int().min(1),
    preparation: path.nullable(),
    salt,
    output: path,
  }),
  z.strictObject({
    kind: z.literal('train'),
    step: stepId,
    stage: z.int().min(0),
    round: z.int().min(1),
    ...given,
    /** What the strategy has sites train by; null for nothing yet. */
    control: path.nullable(),
    /** What the newest round that counted left for this one; a file that is not there is as good as none. */
    onward: path.nullable(),
    output: path,
    /** Where local tensors go, if the model has any. */
    carriedOutput: path,
    /** Where goes what this round leaves for the next one, if it leaves anything. */
    onwardOutput: path,
  }),
  z.strictObject({
    kind: z.literal('evaluate'),
    step: stepId,
    stage: z.int().min(0),
    part: z.enum(['validation', 'test']),
    ...given,
    modelHash: blobHash,
    /** Paths of the pieces of an earlier model, to be judged beside; none where there is none. */
    previous: z.array(path),
    /** Wall clock, for the report's label. */
    now: z.iso.datetime(),
  }),
]);
export type Job = z.output<typeof job>;

/** Training samples and patients of this site, in a stage those of its groups: they stand behind whatever it sends. */
const cohort = { samples: z.int().min(0), patients: z.int().min(0) };

const jobResult = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('prepare'), ...cohort }),
  z.strictObject({ kind: z.literal('train'), ...cohort, meanLoss: z.number(), batches: z.int() }),
  z.strictObject({
    kind: z.literal('evaluate'),
    ...cohort,
    /** Null where too few patients stand behind. */
    counts: evaluationCounts.nullable(),
    /** Unsigned: the key never enters the process that trains. Read by its schema where it is signed. */
    report: z.looseObject({ format: z.literal('consilium-report-1') }).nullable(),
    /** Goes beside them. Read by its schema where it arrives. */
    beside: z.custom<BesideCounts>((value) => typeof value === 'object' && value !== null),
  }),
]);
export type JobResult = z.output<typeof jobResult>;

const number = z.int().min(0);

/** Parent to child. */
export const request = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('begin'), setting }),
  z.strictObject({ type: z.literal('job'), number, job }),
  z.strictObject({ type: z.literal('abort'), number }),
]);
export type Request = z.output<typeof request>;

/** Child to parent. */
export const answer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready'), backend: runningBackend }),
  /** The trainer cannot work at all. */
  z.strictObject({ type: z.literal('unable'), error: wireError }),
  z.strictObject({
    type: z.literal('progress'),
    number,
    epoch: z.int(),
    done: z.int(),
    total: z.int(),
    /** Mean over all training rows. A batch's own loss stays here: a batch may hold fewer patients than a figure may count. */
    epochLoss: z.number().nullable(),
  }),
  z.strictObject({ type: z.literal('done'), number, result: jobResult }),
  z.strictObject({ type: z.literal('failed'), number, error: wireError }),
]);
export type Answer = z.output<typeof answer>;
export type TrainerProgress = Omit<Extract<Answer, { type: 'progress' }>, 'type' | 'number'>;

/** A backend in the words of a status: which, and on what where it could be either. */
export const backendWord = ({ name, kind }: RunningBackend): string =>
  name === 'wasm' || name === 'cpu' ? name : `${name} on ${kind === 'gpu' ? 'GPU' : 'CPU'}`;
