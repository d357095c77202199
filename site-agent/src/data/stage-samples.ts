import { type LabelledSamples, pick } from '@consilium/models/samples';
import {
  groupsOfStage,
  hasStageGroups,
  type RunFile,
  type Stage,
  stagesOf,
  trainedGroups,
} from '@consilium/shared/contract';
import type { FoundSample } from './assemble.js';

/** Those of the samples that a stage looks at: all of them, unless it names groups. */
export const samplesOfStage = (samples: LabelledSamples, run: RunFile, stage: Pick<Stage, 'groups'>): LabelledSamples =>
  inGroups(samples, groupsOfStage(run, stage));

/** Those of the samples that some stage trains on. */
export function trainedSamples(samples: LabelledSamples, run: RunFile): LabelledSamples {
  const sets = trainedGroups(run);
  return inGroups(samples, sets && new Set(sets.flatMap((groups) => [...groups])));
}

function inGroups(samples: LabelledSamples, wanted: ReadonlySet<number> | null): LabelledSamples {
  if (wanted === null) return samples;
  const rows = [...Array(samples.rows).keys()].filter((row) => wanted.has(samples.groups?.[row] ?? -1));
  return rows.length === samples.rows ? samples : pick(samples, Int32Array.from(rows));
}

/**
 * Training samples of each stage as they may be told: null where fewer than `minimumCohort` patients stand behind them. Null for a run
 * whose stages all look at every sample.
 */
export function stageSamples(training: LabelledSamples, run: RunFile): readonly (number | null)[] | null {
  if (!hasStageGroups(run)) return null;
  return stagesOf(run).map((stage) => {
    const { rows, patients } = samplesOfStage(training, run, stage);
    return new Set(patients).size < run.validation.minimumCohort ? null : rows;
  });
}

/**
 * The rows of a part for training or validation that some stage looks at. Where stages look at different groups, those of which the part
 * has fewer than `minimumCell` patients are left out, so that no count of one stage less that of another tells of so few.
 */
export function trainableRows<Found extends Pick<FoundSample, 'group' | 'patient'>>(
  part: readonly Found[],
  run: RunFile,
): readonly Found[] {
  const sets = trainedGroups(run);
  if (sets === null) return part;
  const found = sets.map((groups) => part.filter(({ group }) => groups.has(group))).filter((rows) => rows.length > 0);
  const { minimumCell } = run.validation;
  const enough = (rows: readonly Found[]) => new Set(rows.map(({ patient }) => patient)).size >= minimumCell;
  const kept = new Set((found.length < 2 ? found : found.filter(enough)).flat());
  return part.filter((row) => kept.has(row));
}
