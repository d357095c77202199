import type { z } from 'zod';
import type { RunFile } from './run-file.js';
import type { training } from './training.js';

/** The stage of a run that names none. */
export const onlyStage = 'train';

type Training = Omit<z.output<typeof training>, 'strategy'>;

/** One stage of a run, with all that it takes from the run filled in. */
export interface Stage extends Readonly<Training> {
  /** Counted from 0: the first number of its steps. */
  readonly index: number;
  /** What the model's family calls it. */
  readonly name: string;
  readonly choose: RunFile['validation']['choose'];
  /** Names of the groups that it looks at; every sample where left out. */
  readonly groups?: readonly string[];
}

/** The stages of a run, in order; where it names none, the one that its `training` is. */
export function stagesOf({ stages = [{ name: onlyStage }], training, validation }: RunFile): readonly Stage[] {
  const { strategy, ...rest } = training;
  const common = strategy.name === 'fedprox' ? { ...rest, proximal: strategy.mu } : rest;
  return stages.map((own, index) => ({ ...common, choose: validation.choose, ...own, index }));
}

/** The stage of a number; a fault of the program where the run has none such. */
export function stageAt(run: RunFile, index: number): Stage {
  const stage = stagesOf(run)[index];
  if (stage === undefined) throw new RangeError(`the run has no stage ${index}`);
  return stage;
}
