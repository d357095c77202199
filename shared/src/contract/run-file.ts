import { z } from 'zod';
import { siteId } from '../ids.js';
import { data } from './data/index.js';
import { fileName } from './file-name.js';
import { checkPreparation } from './fitting-preparation.js';
import { preparation } from './preparation.js';
import { retention } from './retention.js';
import { checkScaffold } from './scaffold.js';
import { checkSubgroups, subgroups } from './subgroups.js';
import { choose, stage, training } from './training.js';

const name = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower case letters, digits and inner hyphens');
/** A length of time as text: `500ms`, `30s`, `10m`, `2h`. */
const duration = z.string().regex(/^[1-9]\d*(?:ms|s|m|h)$/, 'a number and ms, s, m or h');

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** A duration of a run file in milliseconds. */
export function milliseconds(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  return Number(count) * unitMs[unit as keyof typeof unitMs];
}

const model = z.strictObject({
  family: name,
  preset: z.enum(['paper', 'medium', 'small']).default('paper'),
  /** The label values, in index order. Rows with another label are left out and counted. */
  classes: z
    .array(z.string().min(1).max(128))
    .min(2)
    .max(1000)
    .refine((classes) => new Set(classes).size === classes.length, 'each class once'),
  /** Settings of the family, checked by its own schema. */
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** A file beside the run file whose tensors, taken by name, the training starts from. */
  weights: z.strictObject({ file: fileName }).exactOptional(),
});

const participation = z
  .strictObject({
    /** Sites without which no step counts. */
    required: z.array(siteId).default([]),
    /** Fewest sites that a step needs; all admitted sites when left out. */
    quorum: z.int().min(1).optional(),
    /** Least share of the training samples that a training step needs. */
    minimumSampleShare: z.number().min(0).max(1).default(0),
    /** A site without any progress for this long counts as missing from the step. */
    idleLimit: duration.default('10m'),
    /** What happens when a step lacks what this asks for, once nobody is awaited any more. docs/run-file.md says what each means. */
    onShortfall: z.enum(['wait', 'degrade', 'fail']).exactOptional(),
    /** Whether a site that is approved after the launch joins the run, while its first step is open. */
    lateJoiners: z.enum(['accept', 'refuse']).exactOptional(),
  })
  .prefault({});

const validation = z
  .strictObject({
    /** Share of each site's training patients kept for judging rounds. 0: the last model is the result. */
    share: z.number().min(0).max(0.5).default(0.15),
    everyRounds: z.int().min(1).default(1),
    choose: choose.default('loss'),
    /** No figure about fewer patients than this leaves a site. */
    minimumCell: z.int().min(1).default(5),
    /** A site with fewer training patients neither sends statistics nor trains. */
    minimumCohort: z.int().min(1).default(5),
    /** Bootstrap draws for intervals in the final report. */
    bootstrap: z.int().min(0).max(10_000).default(1000),
    /** Each site also trains by itself, and its own model is judged beside the common one. */
    alone: z.boolean().exactOptional(),
    /** The folder of an export beside the run file: its model is judged beside the common one in the final test. */
    previous: fileName.exactOptional(),
    /** Columns by whose values the final test also tells each site's figures. */
    subgroups: subgroups.exactOptional(),
  })
  .prefault({});

/** The run file: everything that decides what a run computes, where and with whom. */
export const runFile = z
  .strictObject({
    name,
    description: z.string().max(2000).optional(),
    /** Under which terms the model may be used, for its card. */
    licence: z.string().min(1).max(200).exactOptional(),
    model,
    data,
    preparation,
    training,
    /** Parts of the training, one after the other, each from the tensors of the one before. One stage where left out. */
    stages: z.array(stage).min(1).max(8).optional(),
    participation,
    validation,
    /** What the coordinator keeps of what sites send. */
    retention: retention.exactOptional(),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(7),
  })
  .superRefine(({ model, data, preparation, training, stages, validation }, context) => {
    checkPreparation(data, preparation, context);
    checkSubgroups(validation.subgroups, data, context);
    if (validation.alone && model.weights) {
      const message = 'a site has no imported weights to train from by itself: leave out one of the two';
      context.addIssue({ code: 'custom', path: ['validation', 'alone'], message });
    }
    for (const [index, { groups = [] }] of (stages ?? []).entries()) {
      for (const [place, group] of groups.entries()) {
        if (data.groups?.includes(group)) continue;
        const known = data.groups === undefined ? 'which is not there' : data.groups.join(', ');
        const message = `${group} is none of data.groups (${known}): name one of those, or add it there`;
        context.addIssue({ code: 'custom', path: ['stages', index, 'groups', place], message });
      }
    }
    checkProximal(training, stages, context);
    checkScaffold(training, stages, preparation, context);
    if (validation.share > 0) return;
    const message = 'needs judged rounds: validation.share must be above 0';
    if (training.earlyStop) context.addIssue({ code: 'custom', path: ['training', 'earlyStop'], message });
    for (const [index, { earlyStop }] of (stages ?? []).entries()) {
      if (earlyStop) context.addIssue({ code: 'custom', path: ['stages', index, 'earlyStop'], message });
    }
  });

/** The strategy `fedprox` says for all stages what `proximal` says for one: both at once would contradict each other. */
function checkProximal(
  { strategy, proximal }: z.output<typeof training>,
  stages: readonly z.output<typeof stage>[] = [],
  context: z.RefinementCtx,
): void {
  if (strategy.name !== 'fedprox') return;
  const message = 'strategy.mu of fedprox says this already: leave out one of the two';
  if (proximal !== undefined) context.addIssue({ code: 'custom', path: ['training', 'proximal'], message });
  for (const [index, own] of stages.entries()) {
    if (own.proximal !== undefined) {
      context.addIssue({ code: 'custom', path: ['stages', index, 'proximal'], message });
    }
  }
}

/** A run file as read, defaults filled in. Reading it again gives the same. */
export type RunFile = z.output<typeof runFile>;
