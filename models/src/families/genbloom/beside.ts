import { averagePrecisionAtK } from '@consilium/shared/metrics';
import { fitLogistic, logisticProbabilities, nearest, type Vectors } from '../../judges/index.js';
import type { NamedTensors } from '../../layers/index.js';
import type { LabelledSamples } from '../../samples/index.js';
import type { Beside, Judging } from '../../training/index.js';
import type { Shape } from './shape.js';
import { meanPool, patientVectors } from './vectors.js';

/**
 * What a report on patients' vectors has beside the probe: their nearest neighbours among the site's training patients, retrieval
 * among the judged ones, and the same with a logistic regression for the plain mean of a bag, which vectors have to be better than.
 */
export async function beside(weights: NamedTensors, { options, classes }: Shape, judging: Judging): Promise<Beside> {
  const { judged, training, batchSize, signal } = judging;
  const vectorsOf = async (samples: LabelledSamples): Promise<Vectors> => ({
    ...{ rows: samples.rows, width: options.width },
    values: await patientVectors({ weights, options, samples, batchSize, signal }),
  });
  const own = { training: await vectorsOf(training), judged: await vectorsOf(judged) };
  const means = { training: meanPool(training), judged: meanPool(judged) };
  const known = { labels: training.y, classes };
  const retrieval = ({ values, width }: Vectors) => averagePrecisionAtK(values, width, judged.y, retrievalDepth);
  const figures = [
    { name: 'retrieval-map3', values: retrieval(own.judged) },
    { name: 'mean-pool retrieval-map3', values: retrieval(means.judged) },
  ];
  if (training.rows === 0) return { panels: [], figures };
  const terms = { balanced: true, ...(signal && { signal }) };
  const logistic = await fitLogistic({ ...known, ...terms, training: means.training });
  return {
    panels: [
      ...neighbours.map((k) => ({ name: `nearest-${k}`, probabilities: nearest({ ...own, ...known, k }) })),
      { name: 'mean-pool nearest-5', probabilities: nearest({ ...means, ...known, k: 5 }) },
      { name: 'mean-pool logistic', probabilities: logisticProbabilities(logistic, means.judged) },
    ],
    figures,
  };
}

const neighbours = [1, 5, 10];
const retrievalDepth = 3;
