import { z } from 'zod';
import { canonicalBytes } from '../canonical.js';
import { fail } from '../errors/index.js';
import type { BlobHash, RunId, SiteId, StepId } from '../ids.js';
import { countsFormat, type EvaluationCounts, readCounts, tooFew } from '../metrics/index.js';
import { type BesideCounts, besideCounts, readBeside, samplesIn } from './beside.js';
import { signedReport } from './site-report.js';

/**
 * What a site sends for `validate` and `test`. The two payloads have different readers: the counts go into the pooled sum
 * and nowhere else; the report is what others may see of this site. Both are null where too few patients stand behind.
 */
const evaluationBlob = z.strictObject({
  /** 16 random bytes, so that the blob's hash says nothing of its content. */
  salt: z.string().regex(/^[A-Za-z0-9_-]{22}$/, '22 base64url characters'),
  /** Checked by readCounts, whose errors name what contradicts what. */
  counts: z.looseObject({ format: z.literal(countsFormat) }).nullable(),
  report: signedReport.nullable(),
  ...besideCounts,
});

export interface Evaluation extends BesideCounts {
  readonly salt: string;
  readonly counts: EvaluationCounts | null;
  readonly report: z.infer<typeof signedReport> | null;
}

/** What an evaluation must be about. */
export interface EvaluationTerms {
  readonly run: RunId;
  readonly contract: BlobHash;
  readonly step: StepId;
  readonly site: SiteId;
  readonly model: BlobHash;
  readonly classes: readonly string[];
  readonly minimumCell: number;
}

export const encodeEvaluation = (evaluation: Evaluation): Uint8Array => canonicalBytes(evaluation);

/**
 * Reads an evaluation that came from a site and checks that it is the one asked for and of one piece. The report's own
 * signature is checked by verifyReport.
 * @throws CSM-REPORT-INVALID, CSM-REPORT-FOREIGN, CSM-METRICS-COUNTS, CSM-METRICS-CLASSES
 */
export function readEvaluation(bytes: Uint8Array, terms: EvaluationTerms): Evaluation {
  const parsed = evaluationBlob.safeParse(parseJson(bytes));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    fail('CSM-REPORT-INVALID', { path: issue!.path.join('.') || 'the top', problem: issue!.code });
  }
  const counts = parsed.data.counts === null ? null : readCounts(parsed.data.counts, terms.classes.length);
  const n = counts === null ? null : samplesIn(counts);
  if (n !== null && n < terms.minimumCell) {
    fail('CSM-REPORT-INVALID', { path: 'counts', problem: 'fewer patients than may be counted' });
  }
  const report = parsed.data.report?.report;
  if (report) {
    for (const field of ['run', 'contract', 'step', 'site', 'model', 'minimumCell'] as const) {
      if (report[field] !== terms[field]) fail('CSM-REPORT-FOREIGN', { field });
    }
    const judged = [report.measures, ...(report.panels ?? [])].flatMap(({ perClass }) => (perClass ? [perClass] : []));
    const classes = JSON.stringify(terms.classes);
    if (judged.some((perClass) => JSON.stringify(perClass.map((own) => own.class)) !== classes)) {
      fail('CSM-REPORT-FOREIGN', { field: 'classes' });
    }
    if (report.measures.n !== n) {
      fail('CSM-REPORT-INVALID', { path: 'report.measures.n', problem: 'another number of samples than the counts' });
    }
    const subgroups = (report.subgroups ?? []).flatMap(({ groups }) => groups);
    if (subgroups.some(({ support }) => support.length !== terms.classes.length)) {
      fail('CSM-REPORT-FOREIGN', { field: 'classes' });
    }
    const sizes = subgroups.flatMap((group) => [group.n, ...group.support]);
    if (sizes.some((size) => typeof size === 'number' && tooFew(size, terms.minimumCell))) {
      fail('CSM-REPORT-INVALID', { path: 'report.subgroups', problem: 'fewer samples than may be counted' });
    }
    const scaled = report.temperatureScaled;
    if (scaled !== undefined && !('none' in scaled) && scaled.fittedTo < terms.minimumCell) {
      fail('CSM-REPORT-INVALID', { path: 'report.temperatureScaled', problem: 'fewer samples than may be counted' });
    }
    const { atThreshold: at } = report;
    if (at !== undefined && !('none' in at)) {
      if (terms.classes.length !== 2 || at.positive !== terms.classes[1])
        fail('CSM-REPORT-FOREIGN', { field: 'classes' });
      // Enough of either class.
      if (at.fittedTo < 2 * terms.minimumCell) {
        fail('CSM-REPORT-INVALID', { path: 'report.atThreshold', problem: 'fewer samples than may be counted' });
      }
    }
    for (const list of ['figures', 'groups'] as const) {
      if (!report[list]?.some(({ n }) => n < terms.minimumCell)) continue;
      fail('CSM-REPORT-INVALID', { path: `report.${list}`, problem: 'fewer samples than may be counted' });
    }
  }
  const beside = readBeside(parsed.data, terms.classes.length, terms.minimumCell);
  return { salt: parsed.data.salt, counts, report: parsed.data.report, ...beside };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
