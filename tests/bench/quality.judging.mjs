import { better } from '@consilium/coordinator/rounds';
import { predict } from '@consilium/models/training';
import { countsOf, mergeCounts, metricsOf } from '@consilium/shared/metrics';

/** Sites with enough patients in a part to say anything of it: on the others' no model is judged. */
export function judgedSites(sites, part, minimumCell) {
  return sites.filter(({ parts }) => new Set(parts[part].patients).size >= minimumCell);
}

/** Counts of one model on one part of one site, as the site makes them. */
export async function countsOn(model, samples, { model: { classes }, training: { batchSize } }) {
  const probabilities = await predict({ model, samples, batchSize });
  return countsOf({ y: samples.y, probabilities, classes: classes.length });
}

/** Pooled measures from the counts of sites; null where there are none. */
export const pooled = (counts, run) => (counts.length === 0 ? null : metricsOf(mergeCounts(counts), run.model.classes));

/** Judges the model's present weights on a part of all these sites together. */
export async function judge(model, sites, part, run) {
  const counts = [];
  for (const { parts } of sites) counts.push(await countsOn(model, parts[part], run));
  return pooled(counts, run);
}

/** The round that the engine would choose of those judged; the last one where none could be. */
export function chosen(rounds, choose) {
  const best = rounds.reduce(
    (best, { round, model, validation }) =>
      validation === null ? best : better(choose, best, { round, model, metrics: validation }),
    null,
  );
  return best === null ? rounds.at(-1) : rounds.find(({ round }) => round === best.round);
}
