import { z } from 'zod';
import { cosineRamp } from './ramp.js';
import { unwatched, watch, watchRule } from './watch.js';

const share = z.number().min(0).max(1);
const factor = z.number().gt(0).lt(1);

/** How a learning rate changes over a training: what it is multiplied by. */
export const rateSchedule = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('cosine'),
    /** Share of the steps over which the rate rises in a straight line to its full value. */
    warmUp: share.lt(1).default(0),
    /** What remains of it at the end. */
    final: share.default(0),
  }),
  z.strictObject({
    name: z.literal('steps'),
    /** Shares of the steps after which the rate is multiplied by the factor. */
    at: z.array(share).min(1),
    factor,
  }),
  z.strictObject({
    ...watchRule.shape,
    name: z.literal('plateau'),
    /** The rate is multiplied by it each time that the patience is used up. */
    factor,
  }),
]);

export type RateSchedule = Readonly<z.infer<typeof rateSchedule>>;

export interface TrainingPlace {
  /** The step that is to be done, counted from 0. */
  readonly step: number;
  /** Steps of the whole training. */
  readonly steps: number;
  /** The watched score of each epoch so far. Only `plateau` reads it. */
  readonly scores: readonly number[];
}

/** What the learning rate is multiplied by in a step, 0 … 1. */
export function rateFactor(schedule: RateSchedule, { step, steps, scores }: TrainingPlace): number {
  switch (schedule.name) {
    case 'constant':
      return 1;
    case 'cosine': {
      const rising = Math.round(schedule.warmUp * steps);
      return step < rising ? (step + 1) / rising : cosineRamp(1, schedule.final, (step - rising) / (steps - rising));
    }
    case 'steps':
      return schedule.factor ** schedule.at.filter((place) => step >= place * steps).length;
    case 'plateau':
      return schedule.factor ** plateaus(schedule, scores);
    default:
      throw new TypeError(`unknown schedule ${schedule satisfies never}`);
  }
}

/** How often the patience was used up; after each time the waiting starts anew, the best score stays. */
function plateaus(rule: Extract<RateSchedule, { readonly name: 'plateau' }>, scores: readonly number[]): number {
  let count = 0;
  let watched = unwatched;
  for (const score of scores) {
    watched = watch(watched, score, rule);
    if (watched.waited < rule.patience) continue;
    watched = { ...watched, waited: 0 };
    count++;
  }
  return count;
}
