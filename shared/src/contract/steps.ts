import type { StepId } from '../ids.js';
import { type PreparationName, passesOf, preparationName } from './preparation-steps.js';
import type { RunFile } from './run-file.js';
import { type Stage, stagesOf } from './stages.js';

/** One step of a run. `initial` asks no site: the coordinator makes the weights that a stage starts from. Rounds count from 1. */
export type Step =
  | { readonly kind: 'prepare'; readonly name: PreparationName; readonly pass: number }
  | { readonly kind: 'initial'; readonly stage: number }
  | { readonly kind: 'train'; readonly stage: number; readonly round: number }
  | { readonly kind: 'validate'; readonly stage: number; readonly round: number }
  | { readonly kind: 'test' };

/** What a site sends for a step. */
export type ContributionKind = 'statistics' | 'update' | 'report';

/** The steps of a run, in order. A stage that stops early leaves out the rest of its own. */
export const stepsOf = (run: RunFile): readonly Step[] => [
  ...preparationName.options.flatMap((name) =>
    Array.from({ length: passesOf(name, run) }, (_, pass): Step => ({ kind: 'prepare', name, pass: pass + 1 })),
  ),
  ...stagesOf(run).flatMap((stage) => stageSteps(stage, run.validation)),
  { kind: 'test' },
];

function stageSteps({ index, rounds }: Stage, { share, everyRounds }: RunFile['validation']): readonly Step[] {
  const steps: Step[] = [{ kind: 'initial', stage: index }];
  for (let round = 1; round <= rounds; round++) {
    steps.push({ kind: 'train', stage: index, round });
    if (share > 0 && (round % everyRounds === 0 || round === rounds)) {
      steps.push({ kind: 'validate', stage: index, round });
    }
  }
  return steps;
}

/** The stage that a step belongs to: the last one for the test, none for a preparation. */
export function stageOf(step: Step, run: RunFile): Stage | null {
  if (step.kind === 'prepare') return null;
  const stages = stagesOf(run);
  return (step.kind === 'test' ? stages.at(-1) : stages[step.stage]) ?? null;
}

/** Steps of the first stage are named as they were when a run had one alone. */
export function idOf(step: Step): StepId {
  switch (step.kind) {
    case 'prepare':
      return `prepare:${step.name}:${step.pass}` as StepId;
    case 'initial':
      return (step.stage === 0 ? 'initial' : `initial:${step.stage}`) as StepId;
    case 'train':
      return `train:${step.stage}:${step.round}` as StepId;
    case 'validate':
      return (step.stage === 0 ? `validate:${step.round}` : `validate:${step.stage}:${step.round}`) as StepId;
    case 'test':
      return 'test' as StepId;
    default:
      return step satisfies never;
  }
}

/** The kind of blob that a step asks of a site; none for `initial`. */
export function contributionOf(step: Step): ContributionKind | null {
  switch (step.kind) {
    case 'prepare':
      return 'statistics';
    case 'initial':
      return null;
    case 'train':
      return 'update';
    case 'validate':
    case 'test':
      return 'report';
    default:
      return step satisfies never;
  }
}
