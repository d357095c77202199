import { type Contract, idOf, type Step, stepsOf, updateSettings } from '@consilium/shared/contract';
import type { Work } from '@consilium/shared/wire';
import type { CarriedKind, RunFolder } from './run-folder.js';

/**
 * Names of files that an earlier step left at this site for this one and that are gone: then it is done as if there had been none,
 * which somebody must be told.
 * @throws CSM-AGENT-DISK
 */
export async function missingOf(
  { carried }: Pick<Work, 'carried'>,
  step: Step,
  { runFile }: Contract,
  folder: RunFolder,
): Promise<readonly string[]> {
  if (carried === undefined) return [];
  const from = stepsOf(runFile).find((one) => idOf(one) === carried);
  return folder.missing(carried, from === undefined ? [] : readBy(step, from, runFile));
}

/** What a step reads of what an earlier one left: of another stage, its local tensors alone. */
function readBy(step: Step, from: Step, runFile: Contract['runFile']): readonly CarriedKind[] {
  const { codec, errorFeedback } = updateSettings(runFile);
  const leavesOnward = runFile.training.strategy.name === 'scaffold' || (codec !== 'f32' && errorFeedback);
  const isNext = step.kind === 'train' && from.kind === 'train' && step.stage === from.stage;
  return isNext && leavesOnward ? ['carried', 'onward'] : ['carried'];
}
