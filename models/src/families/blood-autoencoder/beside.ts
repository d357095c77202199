import { setImmediate as nextTurn } from 'node:timers/promises';
import { fitLogistic, fitPca, logisticProbabilities, majority, project, type Vectors } from '../../judges/index.js';
import { type NamedTensors, permutation, stream } from '../../layers/index.js';
import { asRows, denseRows, type LabelledSamples } from '../../samples/index.js';
import type { Beside, Judging } from '../../training/index.js';
import type { Shape } from './parameters.js';
import { reconstructionFigures } from './reconstruction-figures.js';

/** What a report on the autoencoder has beside its loss: how well cells come out of their codes, a figure a cell. */
export const besideCode =
  (weights: NamedTensors) =>
  async (judging: Judging): Promise<Beside> => ({ panels: [], figures: await reconstructionFigures(weights, judging) });

/**
 * What a report on a head has beside it: the most frequent class, which a score of unequal classes may be no better than, and a
 * logistic regression on as many principal components as the code is wide, both of the site's own training cells.
 */
export const besideClasses =
  (weights: NamedTensors, { classes, options }: Pick<Shape, 'classes' | 'options'>) =>
  async (judging: Judging): Promise<Beside> => {
    const { judged, training } = judging;
    const figures = await reconstructionFigures(weights, judging);
    if (training.rows === 0) return { panels: [], figures };
    const common = { name: 'majority', probabilities: majority(training.y, classes, judged.rows) };
    if (training.rows < fewestForComponents) return { panels: [common], figures };
    const probabilities = await byComponents(judging, classes, options.latent);
    return { panels: [common, { name: 'pca-logistic', probabilities }], figures };
  };

const fewestForComponents = 2;
/** Cells that the components and the regression are learned from, at most: they are unfolded, genes and all. */
const learnedFrom = 4096;
const judgedTogether = 512;
const iterationLimit = 1000;

async function byComponents(
  { judged, training, seed, signal }: Judging,
  classes: number,
  components: number,
): Promise<Float32Array> {
  const some = permutation(training.rows, stream(seed, 'beside')).subarray(0, learnedFrom).sort();
  const known = vectorsOf(training, some);
  const terms = { ...(signal && { signal }) };
  const pca = await fitPca({ training: known, components, random: stream(seed, 'components'), ...terms });
  const logistic = await fitLogistic({
    ...{ training: await project(pca, known), labels: some.map((row) => training.y[row] ?? 0), classes },
    ...{ maxIterations: iterationLimit, ...terms },
  });
  const probabilities = new Float32Array(judged.rows * classes);
  for (let start = 0; start < judged.rows; start += judgedTogether) {
    signal?.throwIfAborted();
    const rows = Int32Array.from({ length: Math.min(judgedTogether, judged.rows - start) }, (_, at) => start + at);
    const places = await project(pca, vectorsOf(judged, rows));
    probabilities.set(logisticProbabilities(logistic, places), start * classes);
    await nextTurn();
  }
  return probabilities;
}

function vectorsOf({ input }: LabelledSamples, rows: Int32Array): Vectors {
  const given = asRows(input);
  return { rows: rows.length, width: given.width, values: denseRows(given, rows) };
}
