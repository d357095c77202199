import { z } from 'zod';
import { blobHash, consortiumId, runId, signature, siteId, stepId } from '../ids.js';
import {
  atThreshold,
  type Figure,
  figure,
  releasedMeasures,
  releasedRates,
  releasedScores,
  scaledCalibration,
  tooFew,
  uplift,
  withheld,
} from '../metrics/index.js';
import { figureName, maxBeside } from './figure-name.js';

/** Signatures over site reports are made under this domain. */
export const reportDomain = 'consilium-report-1';

const text = z.string().min(1).max(500);
/** Names and versions of the software that made a report. */
export const software = z.record(z.string().min(1).max(64), z.string().max(128));

/** What a site's data adapter found, in rows of the tables. */
export const dataCounts = z.strictObject({
  read: figure,
  kept: figure,
  /** Rows of another class or group than the run looks at. */
  otherLabel: figure,
  /** Rows that could not be read. */
  quarantined: figure,
  /** Features of the run, and how many of them this site's tables lack. */
  features: z.int().min(0),
  missingFeatures: z.int().min(0),
});
export type DataCounts = z.infer<typeof dataCounts>;

/** Other predictions of the samples that the model is judged on. */
const panel = z.strictObject({
  name: figureName,
  scores: releasedScores,
  /** In the order of the model's own classes. Left out in reports made before classes had it. */
  perClass: z.array(releasedRates).max(1000).exactOptional(),
});
export type ReleasedPanel = z.infer<typeof panel>;

/** The model's figures of the samples of each subgroup that one column tells; small ones withheld, and others with them. */
const subgroupColumn = z.strictObject({
  column: z.string().min(1).max(64),
  groups: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        n: figure,
        /** Null where the group is withheld or empty. */
        scores: releasedScores.nullable(),
        /** Samples of each class, in the order of the model's own. */
        support: z.array(figure).max(1000),
      }),
    )
    .min(1)
    .max(maxBeside),
});
export type ReleasedSubgroups = z.infer<typeof subgroupColumn>;

/** The training rounds of one stage that took an update of the site. */
const stageTurnout = z.strictObject({
  stage: z.string().min(1).max(64),
  /** Rounds that the contract allows. */
  rounds: z.int().min(1),
  /** First and last of rounds in a row, rising. */
  accepted: z.array(z.tuple([z.int().min(1), z.int().min(1)])).max(5000),
});

/** How one model did on one site's patients: the record, with all that must be withheld already withheld. */
export const siteReport = z.strictObject({
  format: z.literal(reportDomain),
  consortium: consortiumId,
  run: runId,
  runName: z.string().min(1).max(63),
  site: siteId,
  step: stepId,
  /** Rounds are judged on validation patients; test patients are read once, at the end. */
  part: z.enum(['validation', 'test']),
  contract: blobHash,
  model: blobHash,
  /** Figures on fewer patients are withheld. */
  minimumCell: z.int().min(1),
  measures: releasedMeasures,
  /** Why the figures are no measure of the model: its page then has no headline. Left out where they are one. */
  caveat: text.exactOptional(),
  /** Other predictions of the same samples, baselines, withheld as the model's own are. Left out where there are none. */
  panels: z.array(panel).max(maxBeside).exactOptional(),
  /** The same predictions of the samples of one group alone, for groups of enough patients. Left out where the run looks at none. */
  groups: z
    .array(z.strictObject({ name: figureName, n: z.int().min(1), scores: releasedScores }))
    .max(maxBeside)
    .exactOptional(),
  /** Subgroups by the columns that the run names, in its order. Left out where it names none. */
  subgroups: z.array(subgroupColumn).max(maxBeside).exactOptional(),
  /** Calibration of the same predictions at a temperature fitted on validation patients, in the final test. */
  temperatureScaled: scaledCalibration.exactOptional(),
  /** The answers of two classes at a threshold chosen on validation patients, in the final test. */
  atThreshold: atThreshold.exactOptional(),
  /** Figures of another kind, means over the samples that have one. */
  figures: z
    .array(z.strictObject({ name: figureName, n: z.int().min(1), mean: z.number() }))
    .max(maxBeside)
    .exactOptional(),
  /** By how much the model is above others of these panels, on the same samples. Left out where few patients would tell it. */
  uplift: z
    .array(z.strictObject({ over: figureName, scores: uplift }))
    .max(maxBeside)
    .exactOptional(),
  data: dataCounts,
  /** By stage, in the final test. Left out in reports made before sites noted them. */
  takenPart: z.array(stageTurnout).max(100).exactOptional(),
  backend: z.string().min(1).max(128),
  software,
  /** What a reader must know besides, in whole sentences. */
  notes: z.array(text).max(20),
  /** Wall clock of the site, a label only. */
  generatedAt: z.iso.datetime(),
  /** Made from invented patients. */
  synthetic: z.boolean(),
});
export type SiteReport = z.infer<typeof siteReport>;

export const signedReport = z.strictObject({ report: siteReport, signature });
export type SignedReport = z.infer<typeof signedReport>;

/** Data counts as they may leave a site: small ones withheld, and then the total too, which would give them away. */
export function releaseDataCounts(
  counts: { readonly [Name in keyof DataCounts]: number },
  minimumCell: number,
): DataCounts {
  const parts = ['kept', 'otherLabel', 'quarantined'] as const;
  const shown = (count: number): Figure => (tooFew(count, minimumCell) ? withheld : count);
  const anyWithheld = parts.some((part) => tooFew(counts[part], minimumCell));
  return {
    ...counts,
    kept: shown(counts.kept),
    otherLabel: shown(counts.otherLabel),
    quarantined: shown(counts.quarantined),
    read: anyWithheld ? withheld : shown(counts.read),
  };
}
