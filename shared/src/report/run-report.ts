import { z } from 'zod';
import { blobHash, consortiumId, runId, siteId } from '../ids.js';
import { figure, releasedMeasures, releasedScore, scoreNames } from '../metrics/index.js';
import { software } from './site-report.js';

const text = z.string().min(1).max(500);

/** One row of the table of sites; scores are null where a site released no report. */
const siteRow = z.strictObject({
  site: siteId,
  /** Training samples, as signed in preparation. */
  trainingSamples: figure.nullable(),
  testSamples: figure.nullable(),
  scores: z.record(z.enum(scoreNames), releasedScore).nullable(),
  backend: z.string().max(128).nullable(),
  /** Why there is no report, or what else to know. */
  note: text.nullable(),
});

/** A run as its lead and all sites may see it: what was agreed, what happened, what came of it. */
export const runReport = z.strictObject({
  format: z.literal('consilium-run-report-1'),
  consortium: consortiumId,
  run: runId,
  name: z.string().min(1).max(63),
  outcome: z.strictObject({ status: z.enum(['complete', 'degraded', 'failed']), why: text.nullable() }),
  /** The contract in a few lines. */
  terms: z.array(z.strictObject({ label: z.string().min(1).max(64), value: text })).max(40),
  minimumCell: z.int().min(1),
  /** The chosen model, judged on all sites' patients together. */
  pooled: z
    .strictObject({ part: z.enum(['validation', 'test']), sites: z.int().min(1), measures: releasedMeasures })
    .nullable(),
  /** Who took part in each training round; `of` counts the admitted sites. */
  participation: z.array(
    z.strictObject({
      round: z.int().min(1),
      sites: z.int().min(0),
      of: z.int().min(1),
      sampleShare: z.number().min(0).max(1),
      missing: z.array(z.strictObject({ site: siteId, why: text.nullable() })),
    }),
  ),
  /** Pooled validation figures by round. */
  curve: z.array(
    z.strictObject({ round: z.int().min(1), scores: z.partialRecord(z.enum(scoreNames), z.number().nullable()) }),
  ),
  /** The round whose model is the result. */
  chosenRound: z.int().min(1).nullable(),
  sites: z.array(siteRow),
  contract: blobHash,
  model: blobHash.nullable(),
  journal: z.strictObject({ head: blobHash, records: z.int().min(1) }),
  software,
  notes: z.array(text).max(20),
  wallSeconds: z.number().min(0),
  generatedAt: z.iso.datetime(),
  synthetic: z.boolean(),
});
export type RunReport = z.infer<typeof runReport>;
