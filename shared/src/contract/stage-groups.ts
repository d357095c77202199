import type { RunFile } from './run-file.js';
import { type Stage, stagesOf } from './stages.js';

/** The groups that a stage trains and is validated on, as places in `data.groups`; null where it looks at every sample. */
export function groupsOfStage({ data }: RunFile, { groups }: Pick<Stage, 'groups'>): ReadonlySet<number> | null {
  const known = data.groups ?? [];
  return groups === undefined ? null : new Set(groups.map((name) => known.indexOf(name)));
}

/** Whether some stage looks at some groups alone, so that stages have sample counts of their own. */
export const hasStageGroups = ({ stages = [] }: RunFile): boolean => stages.some(({ groups }) => groups !== undefined);

/**
 * The groups that some stage trains on, those together that the same stages do; null where each stage looks at every sample.
 * A sum over the samples of a stage is a sum of such sets, so nothing smaller follows from any of them.
 */
export function trainedGroups(run: RunFile): readonly ReadonlySet<number>[] | null {
  if (!hasStageGroups(run)) return null;
  const stages = stagesOf(run).map((stage) => groupsOfStage(run, stage));
  const sets = new Map<string, Set<number>>();
  for (const group of (run.data.groups ?? []).keys()) {
    const trainedBy = stages.map((groups) => groups === null || groups.has(group));
    if (!trainedBy.includes(true)) continue;
    const key = trainedBy.join();
    sets.set(key, (sets.get(key) ?? new Set()).add(group));
  }
  return [...sets.values()];
}
