import { z } from 'zod';
import { fail } from '../errors/index.js';
import { countsFormat, type EvaluationCounts, readCounts } from '../metrics/index.js';
import { figureName, maxBeside } from './figure-name.js';

const samples = z.int().min(1);

/** What a stage without classes is judged by: its own loss, a mean over samples. */
const score = z.strictObject({ n: samples, loss: z.number() });
export type Score = z.output<typeof score>;

/** Counts of other predictions of the same samples and classes: baselines. */
export interface Panel {
  readonly name: string;
  readonly counts: EvaluationCounts;
}

/** The sum of one figure a sample, over those that have one. */
const figureSum = z.strictObject({ name: figureName, n: samples, sum: z.number() });
export type FigureSum = z.output<typeof figureSum>;

/** What an evaluation holds beside counts and report. They are left out where there is nothing. */
export const besideCounts = {
  score: score.exactOptional(),
  panels: z
    .array(z.strictObject({ name: figureName, counts: z.looseObject({ format: z.literal(countsFormat) }) }))
    .max(maxBeside)
    .exactOptional(),
  figures: z.array(figureSum).max(maxBeside).exactOptional(),
};

type Sent = z.output<z.ZodObject<typeof besideCounts>>;

export interface BesideCounts {
  readonly score?: Score;
  readonly panels?: readonly Panel[];
  readonly figures?: readonly FigureSum[];
}

/**
 * Checks what came beside the counts.
 * @throws CSM-REPORT-INVALID, CSM-METRICS-COUNTS, CSM-METRICS-CLASSES
 */
export function readBeside({ score, panels, figures }: Sent, classes: number, minimumCell: number): BesideCounts {
  const invalid = (path: string, problem: string): never => fail('CSM-REPORT-INVALID', { path, problem });
  if (score && score.n < minimumCell) invalid('score', 'fewer samples than may be counted');
  if (figures?.some(({ n }) => n < minimumCell)) invalid('figures', 'fewer samples than may be counted');
  for (const list of [panels ?? [], figures ?? []]) {
    const names = new Set(list.map(({ name }) => name));
    if (names.size < list.length) invalid('panels', 'two of one name');
  }
  const read = panels?.map(({ name, counts }) => ({ name, counts: readCounts(counts, classes) }));
  if (read?.some(({ counts }) => samplesIn(counts) < minimumCell))
    invalid('panels', 'fewer samples than may be counted');
  return { ...(score && { score }), ...(read && { panels: read }), ...(figures && { figures }) };
}

/** The number of samples is the vector's first entry, absent when zero. */
export const samplesIn = (counts: EvaluationCounts): number => (counts.at[0] === 0 ? counts.values[0]! : 0);
