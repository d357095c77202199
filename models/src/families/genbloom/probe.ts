import { tf } from '../../backend/index.js';
import { dense, denseParameters, type NamedTensors, type Parameter, withScope } from '../../layers/index.js';
import { crossEntropy, oneHotTargets } from '../../losses/index.js';
import type { LabelledSamples } from '../../samples/index.js';
import type { Reader, Study, StudyTerms } from '../../training/index.js';
import { aggregatorParameters } from './aggregator.js';
import type { GenbloomOptions } from './config.js';
import { aggregatorShape, type Shape } from './shape.js';
import { vectorReader } from './vectors.js';

/** Parameters of the probe: one linear layer on the vectors of an aggregator that stays as it is. */
export const probeParameters = (shape: Shape): readonly Parameter[] => [
  ...withScope(aggregatorParameters('aggregator', aggregatorShape(shape)), 'frozen'),
  ...denseParameters('classifier', shape.options.width, shape.classes),
];

/** Multinomial logistic regression on the vectors. */
export function probeStudy(
  weights: NamedTensors,
  { options, classes }: Pick<Shape, 'options' | 'classes'>,
  samples: LabelledSamples,
  { classWeights }: StudyTerms,
): Study {
  const { ready, take } = vectorReader(weights, options, samples);
  const targets = tf.tensor2d(oneHotTargets(samples.y, classes, classWeights), [samples.rows, classes]);
  return {
    ready,
    loss: (rows) => crossEntropy(classify(weights, take(rows)), targets.gather(tf.tensor1d(rows, 'int32'))),
    dispose: () => targets.dispose(),
  };
}

export function probeReader(weights: NamedTensors, options: GenbloomOptions, samples: LabelledSamples): Reader {
  const { ready, take } = vectorReader(weights, options, samples);
  return { ready, logits: (rows) => classify(weights, take(rows)), dispose: () => {} };
}

const classify = (weights: NamedTensors, vectors: tf.Tensor2D): tf.Tensor2D => dense(weights, 'classifier', vectors);
