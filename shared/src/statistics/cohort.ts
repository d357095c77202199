import { z } from 'zod';
import { type Contract, featureList, hasStageGroups, type RunFile, stagesOf } from '../contract/index.js';
import { fail } from '../errors/index.js';
import { count, featureNames, readJson, refuse, salt } from './reading.js';

const suppressible = count.nullable();

/** What a site says of its cohort before training: counts and feature names. Null: withheld, too few patients. */
export const cohortStatistics = z.strictObject({
  format: z.literal('consilium-cohort-1'),
  salt,
  samples: z.strictObject({ train: count, validation: suppressible, test: suppressible }),
  /** Training samples of each class, in the contract's order. */
  classCounts: z.array(suppressible),
  /**
   * Training samples of each stage, where some stage looks at some groups alone; null: too few patients, the site takes no part in that
   * stage.
   */
  stageSamples: z.array(suppressible).exactOptional(),
  /** Sorted names of the numeric columns where the contract says `common`; null where it lists the features. */
  features: featureNames.nullable(),
  /** Listed features that this site has not. */
  missingFeatures: count,
  counts: z.strictObject({
    read: suppressible,
    kept: suppressible,
    /** Rows of another class or group than the run looks at. */
    otherLabel: suppressible,
    quarantined: suppressible,
  }),
});
export type CohortStatistics = z.infer<typeof cohortStatistics>;

/**
 * Reads a site's cohort statistics and checks them against the contract and the sample count that the site signed.
 * @throws CSM-STATISTICS-INVALID, CSM-STATISTICS-CELL, CSM-COHORT-SMALL, CSM-DATA-MISSING-FEATURES
 */
export function readCohort(
  bytes: Uint8Array,
  expected: { readonly contract: Contract; readonly samples: number },
): CohortStatistics {
  const cohort = readJson(bytes, cohortStatistics);
  const { model, data, validation } = expected.contract.runFile;
  if (cohort.samples.train !== expected.samples) refuse('samples.train is not the signed sample count');
  if (cohort.samples.train < validation.minimumCohort) fail('CSM-COHORT-SMALL', { minimum: validation.minimumCohort });
  if (cohort.classCounts.length !== model.classes.length) refuse('classCounts has another length than the classes');
  checkStages(cohort, expected.contract.runFile);
  checkSums(cohort);
  checkCells(cohort, validation.minimumCell);

  const listed = featureList(expected.contract);
  if (listed !== null) {
    if (cohort.features !== null) refuse('features are sent though the contract lists them');
    checkMissing(cohort.missingFeatures, listed.length, 'missingFeatures' in data ? data.missingFeatures : 0);
  } else if (cohort.features === null || !strictlySorted(cohort.features)) {
    refuse('features are not a sorted list of different names');
  } else if (cohort.missingFeatures !== 0) refuse('missingFeatures speaks of a list that the contract has not');
  return cohort;
}

function checkStages({ samples, stageSamples }: CohortStatistics, run: RunFile): void {
  const stages = hasStageGroups(run) ? stagesOf(run) : [];
  if ((stageSamples?.length ?? 0) !== stages.length) refuse('stageSamples are not one for each stage');
  for (const [index, { groups }] of stages.entries()) {
    const own = stageSamples?.[index] ?? null;
    if (groups === undefined && own !== samples.train) refuse('a stage of all groups has other samples than there are');
    if (own === null) continue;
    if (own > samples.train) refuse('a stage has more samples than there are');
    if (own < run.validation.minimumCohort) fail('CSM-COHORT-SMALL', { minimum: run.validation.minimumCohort });
  }
}

/** @throws CSM-DATA-MISSING-FEATURES when a site lacks more of the listed features than the contract allows */
export function checkMissing(missing: number, listed: number, limit: number): void {
  if (missing > limit * listed) fail('CSM-DATA-MISSING-FEATURES', { missing, listed, limit: `${limit * 100} %` });
}

function checkSums({ samples, classCounts, counts }: CohortStatistics): void {
  const known = classCounts.filter((value) => value !== null);
  const sum = known.reduce((total, value) => total + value, 0);
  if (known.length === classCounts.length ? sum !== samples.train : sum > samples.train) {
    refuse('classCounts does not add up to samples.train');
  }
  const parts = addUp(samples.train, samples.validation, samples.test);
  if (parts !== null && counts.kept !== null && parts !== counts.kept) refuse('samples do not add up to counts.kept');
  const rows = addUp(counts.kept, counts.otherLabel, counts.quarantined);
  if (rows !== null && counts.read !== null && rows !== counts.read) refuse('counts do not add up to counts.read');
}

function checkCells({ samples, classCounts, counts }: CohortStatistics, minimum: number): void {
  const cells = [samples.validation, samples.test, ...classCounts, counts.otherLabel, counts.quarantined];
  if (cells.some((value) => value !== null && value > 0 && value < minimum)) fail('CSM-STATISTICS-CELL', { minimum });
}

const addUp = (...values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((sum, value) => (sum === null || value === null ? null : sum + value), 0);

const strictlySorted = (names: readonly string[]): boolean =>
  names.every((name, index) => index === 0 || names[index - 1]! < name);
