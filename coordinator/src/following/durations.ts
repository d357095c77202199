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
