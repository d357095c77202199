import { caveatOf } from './preparation.js';
import type { RunFile } from './run-file.js';

/**
 * Why the model of an earlier run cannot be judged beside that of a run; null where it can. Both must look at the same samples
 * for the same classes, and neither may have been trained on copies of what it is tested on.
 */
export function previousFault(now: RunFile, before: RunFile): string | null {
  const [ours, theirs] = [now, before].map(({ model: { classes }, data }) => {
    const { kind, id, patient, label, group, groups } = data;
    return {
      'model.classes': classes,
      'data.kind': kind,
      'data.id': id,
      'data.patient': patient,
      'data.label': label,
      'data.group': group,
      'data.groups': groups,
    };
  });
  const other = Object.entries(ours!).find(([key, value]) => {
    const same = Object.entries(theirs!).find(([name]) => name === key)?.[1];
    return JSON.stringify(value) !== JSON.stringify(same);
  });
  if (other !== undefined) return `its run file has another ${other[0]}`;
  return [now, before].some((run) => caveatOf(run) !== null) ? 'samples are copied before they are split' : null;
}
