import { runFile } from '@consilium/shared/contract';

/** Of each site's training samples; all rows and seeds of a preparation are trained and judged on the same ones. */
const validation = { share: 0.2, minimumCohort: 5, minimumCell: 5, bootstrap: 0 };

/** The run file of a row. */
export function changed(base, changes, rounds) {
  const run = structuredClone({ ...base, validation });
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const parent = names.slice(0, -1).reduce((at, name) => (at[name] ??= {}), run);
    parent[names.at(-1)] = value;
  }
  if (rounds !== null) {
    for (const part of [run.training, ...(run.stages ?? [])]) part.rounds = rounds;
  }
  return runFile.parse(run);
}
