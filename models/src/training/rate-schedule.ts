import { rateSchedule as offered } from '@consilium/shared/contract';
import { z } from 'zod';
import { cosineRamp } from './ramp.js';
import { unwatched, watch, watchRule } from './watch.js';

/**
 * How a learning rate changes over a training: what it is multiplied by. Beside what a run file offers, `plateau`, which reads the scores
 * of epochs: in a federation no site has them.
 */
export const rateSchedule = z.discriminatedUnion('name', [
  ...offered.options,
  z.strictObject({
    ...watchRule.shape,
    name: z.literal('plateau'),
    /** The rate is multiplied by it each time that the patience is used up. */
    factor: z.number().gt(0).lt(1),
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
