import type { StepView } from '../conduct/view.js';

/** A step that was opened, and when sites had done their part of it. */
export interface TimedStep {
  readonly step: string;
  readonly openedMs: number;
  /** Null while it is open. */
  readonly doneMs: number | null;
  readonly accepted: readonly { readonly site: string; readonly atMs: number }[];
}

/** `train:0:12` → `train`. */
export const kindOf = (step: string): string => step.split(':')[0] ?? step;

/** Seconds that steps of a kind took at a site, from opening to its contribution, oldest first. */
export const durationsOf = (steps: readonly TimedStep[], site: string, kind: string): readonly number[] =>
  steps
    .filter(({ step, doneMs }) => doneMs !== null && kindOf(step) === kind)
    .flatMap(({ accepted, openedMs }) =>
      accepted.filter((own) => own.site === site).map(({ atMs }) => (atMs - openedMs) / 1000),
    );

/** Steps that durations are read from: enough for nine of a kind where two kinds alternate. */
const remembered = 20;

/** Which steps to ask for, of a run that is at this one of its list. */
export const newestSteps = (index: number): { readonly from: number; readonly limit: number } => ({
  from: Math.max(0, index + 1 - remembered),
  limit: remembered,
});

/** The times of steps that a coordinator told. */
export const timedSteps = (steps: readonly StepView[]): readonly TimedStep[] =>
  steps.flatMap(({ step, opened, done, sites }) =>
    opened === null
      ? []
      : [
          {
            step,
            openedMs: Date.parse(opened),
            doneMs: done === null ? null : Date.parse(done),
            accepted: sites.flatMap(({ site, at }) => (at === null ? [] : [{ site, atMs: Date.parse(at) }])),
          },
        ],
  );
