import type { StepId } from '../ids.js';
import type { RunFile } from './run-file.js';

/** One step of a run. `initial` asks no site: the coordinator makes the starting weights. */
export type Step =
  | { readonly kind: 'prepare'; readonly name: PreparationName; readonly pass: number }
  | { readonly kind: 'initial' }
  | { readonly kind: 'train'; readonly stage: number; readonly round: number }
  | { readonly kind: 'validate'; readonly round: number }
  | { readonly kind: 'test' };

/** `cohort`: counts and feature names; `scale`: n, mean and M2 of each feature. */
export type PreparationName = 'cohort' | 'scale';

/** What a site sends for a step. */
export type ContributionKind = 'statistics' | 'update' | 'report';

/** The steps of a run, in order. Rounds count from 1. */
export function stepsOf(run: RunFile): readonly Step[] {
  const steps: Step[] = [
    { kind: 'prepare', name: 'cohort', pass: 1 },
    { kind: 'prepare', name: 'scale', pass: 1 },
    { kind: 'initial' },
  ];
  for (let round = 1; round <= run.training.rounds; round++) {
    steps.push({ kind: 'train', stage: 0, round });
    if (run.validation.share > 0 && (round % run.validation.everyRounds === 0 || round === run.training.rounds)) {
      steps.push({ kind: 'validate', round });
    }
  }
  steps.push({ kind: 'test' });
  return steps;
}

export function idOf(step: Step): StepId {
  switch (step.kind) {
    case 'prepare':
      return `prepare:${step.name}:${step.pass}` as StepId;
    case 'initial':
      return 'initial' as StepId;
    case 'train':
      return `train:${step.stage}:${step.round}` as StepId;
    case 'validate':
      return `validate:${step.round}` as StepId;
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
