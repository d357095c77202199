import type { tf } from '../../backend/index.js';
import {
  batchNormalization,
  channelsMax,
  dense,
  inputOf,
  notPortable,
  placewise,
  portableModel,
  postNorm,
  product,
  relu,
  repeated,
  tensorOf,
  type Values,
} from '../../portable/index.js';
import { layerEps } from './encoder.js';
import { normEps } from './normalisation.js';
import { encoderLayers, type Shape } from './parameters.js';

/** The encoder in layers that any TensorFlow.js has: [genes] → [classes]. @throws CSM-EXPORT-LAYERS */
export function layersOf({ genes, options }: Shape, values: Values): tf.LayersModel {
  if (options.network !== 'encoder') return notPortable('amu', 'only network: encoder is written so');
  if (options.batchNorm === 'local') {
    return notPortable(
      'amu',
      'with batchNorm: local every hospital has normalisations of its own, which no export holds',
    );
  }
  const input = inputOf(genes);
  const tokens = placewise(repeated(input, options.width), 'embedding', { scale: tensorOf(values, 'embedding') });
  const encoded = encoderLayers(options).reduce(
    (x, name) => postNorm(x, values, name, { heads: options.heads, epsilon: layerEps }),
    tokens,
  );
  const raw = product(encoded, 'scores', { kernel: tensorOf(values, 'scores/kernel'), bias: null });
  const scores = channelsMax(relu(batchNormalization(raw, values, 'norm', normEps)));
  return portableModel(input, dense(scores, values, 'head'));
}
