import { z } from 'zod';
import { blobHash, consortiumId, runId, siteId, stepId } from '../ids.js';
import { figure, releasedMeasures, scoreNames, uplift } from '../metrics/index.js';
import { figureName } from './figure-name.js';
import { software } from './site-report.js';

/** What a report of a run calls its own form. */
export const runReportFormat = 'consilium-run-report-1';

const text = z.string().min(1).max(500);
const round = z.int().min(1);
const stageIndex = z.int().min(0);

/** The column of the matrix that is the run's own model. */
export const commonModel = 'common model';

/** What one model reaches on one set of patients; figures are null where they have no meaning. */
const cell = z.strictObject({ accuracy: figure.nullable(), macroF1: figure.nullable() });
export type MatrixCell = z.infer<typeof cell>;

/** One site: what it brought, where it was missing, and whether there is a report of it. */
const siteRow = z.strictObject({
  site: siteId,
  /** As signed in preparation; null where the site never did. */
  trainingSamples: z.int().min(0).nullable(),
  contributed: z.int().min(0),
  asked: z.int().min(0),
  missing: z.array(z.strictObject({ since: stepId, why: text, excused: z.boolean() })),
  /** What became of its report of the final test: withheld where too few patients stand behind it. */
  report: z.enum(['released', 'withheld', 'missing']),
  testSamples: z.int().min(0).nullable(),
  backend: z.string().max(128).nullable(),
  software: software.nullable(),
  /** Why there is no report, or what else to know. */
  note: text.nullable(),
});

const matrix = z.strictObject({
  /** The common model first, then other predictions of the same patients. */
  columns: z.array(z.string().min(1).max(128)),
  /** A row a site with a report, then all sites together (site null). A cell is null where there are no such predictions. */
  rows: z.array(z.strictObject({ site: siteId.nullable(), n: z.int().min(0), cells: z.array(cell.nullable()) })),
});

const spread = z.strictObject({
  /** Sites that show the figure. */
  sites: z.int().min(1),
  worst: z.strictObject({ site: siteId, n: z.int().min(0), value: z.number() }),
  best: z.strictObject({ site: siteId, n: z.int().min(0), value: z.number() }),
  /** Best less worst. */
  spread: z.number(),
});

/** A run as its lead may see it: what was agreed, what happened, what came of it. */
export const runReport = z.strictObject({
  format: z.literal(runReportFormat),
  consortium: consortiumId,
  run: runId,
  name: z.string().min(1).max(63),
  outcome: z.strictObject({ status: z.enum(['open', 'complete', 'degraded', 'failed']), why: text.nullable() }),
  /** Why no figure of the report is a measure of the model; then there is none. */
  caveat: text.nullable(),
  /** The contract in a few lines. */
  terms: z.array(z.strictObject({ label: z.string().min(1).max(64), value: z.string().min(1).max(2000) })).max(40),
  minimumCell: z.int().min(1),
  stages: z.array(
    z.strictObject({
      index: stageIndex,
      name: z.string().min(1).max(64),
      /** The round whose model the stage hands over; null where none was judged. */
      chosenRound: round.nullable(),
    }),
  ),
  sites: z.array(siteRow),
  /** Who took part in each training round; `of` counts the sites that the run was offered to. */
  participation: z.array(
    z.strictObject({
      stage: stageIndex,
      round,
      sites: z.int().min(0),
      of: z.int().min(1),
      sampleShare: z.number().min(0).max(1),
      missing: z.array(z.strictObject({ site: siteId, why: text })),
    }),
  ),
  /** Steps that went on with less than the contract asks for, and what they lacked. */
  shortfalls: z.array(z.strictObject({ step: stepId, why: z.array(text).min(1) })).exactOptional(),
  /** Pooled validation figures by round. */
  curve: z.array(
    z.strictObject({
      stage: stageIndex,
      round,
      n: z.int().min(0),
      scores: z.partialRecord(z.enum(scoreNames), z.number().nullable()),
    }),
  ),
  /** The final model on all sites' test patients together; null where there was no such test. */
  pooled: z.strictObject({ sites: z.int().min(1), measures: releasedMeasures }).nullable(),
  matrix: matrix.nullable(),
  /** By how much the common model is above others, on the same patients; with the sites where few patients would tell it. */
  uplift: z.strictObject({
    told: z.array(z.strictObject({ site: siteId, n: z.int().min(0), over: figureName, scores: uplift })),
    withheld: z.array(z.strictObject({ site: siteId, over: figureName })),
  }),
  /** How far apart sites are. Few samples vary widely by chance alone. */
  fairness: z.strictObject({ accuracy: spread.nullable(), macroF1: spread.nullable() }),
  /** Test samples of each class at each site. */
  support: z
    .strictObject({
      classes: z.array(z.string().min(1).max(128)),
      rows: z.array(z.strictObject({ site: siteId, n: z.int().min(0), counts: z.array(figure) })),
      totals: z.array(figure),
      n: z.int().min(0),
    })
    .nullable(),
  /** Pooled figures of one group's samples, of the model (its own) or of other predictions. */
  groups: z.array(z.strictObject({ name: figureName, n: z.int().min(0), cell })),
  /** Pooled figures of another kind, means over the samples that have one. */
  figures: z.array(z.strictObject({ name: figureName, n: z.int().min(1), mean: z.number() })),
  /** What sites sent in. */
  traffic: z.array(
    z.strictObject({ site: siteId, contributions: z.int().min(0), refusals: z.int().min(0), bytes: z.number().min(0) }),
  ),
  contract: blobHash,
  model: blobHash.nullable(),
  frozen: blobHash.nullable(),
  preparation: blobHash.nullable(),
  journal: z.strictObject({ head: blobHash, records: z.int().min(1) }),
  /** Of the coordinator; each site's own stands in its row. */
  software,
  notes: z.array(text).max(20),
  wallSeconds: z.number().min(0),
  /** Time of the journal's last record. */
  generatedAt: z.iso.datetime(),
  synthetic: z.boolean(),
});
export type RunReport = z.infer<typeof runReport>;
