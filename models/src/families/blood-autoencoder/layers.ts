import type { tf } from '../../backend/index.js';
import {
  affine,
  batchNormalization,
  dense,
  inputOf,
  meanOfTokens,
  type Node,
  notPortable,
  placewise,
  portableModel,
  postNorm,
  product,
  relu,
  reshape,
  tensorOf,
  type Values,
} from '../../portable/index.js';
import { norm } from './autoencoder.js';
import { name as family } from './config.js';
import { layerEps, tokenLayerNames } from './heads/index.js';
import type { Shape, StageName } from './parameters.js';

/** Encoder and head in layers that any TensorFlow.js has: [features] → [classes]. @throws CSM-EXPORT-LAYERS */
export function layersOf(shape: Shape & { readonly stage: StageName }, values: Values): tf.LayersModel {
  const { features, options, stage } = shape;
  if (stage !== 'head') return notPortable(family, `the stage ${stage} tells no classes`);
  if (options.batchNorm === 'local') {
    return notPortable(family, 'with batchNorm: local every hospital has an encoder of its own, which no export holds');
  }
  const input = inputOf(features);
  const hidden = [1, 2].reduce((x, layer) => {
    const sum = dense(x, values, `encoder/dense${layer}`);
    return relu(batchNormalization(sum, values, `encoder/norm${layer}`, norm.eps));
  }, input);
  const code = dense(hidden, values, 'encoder/code');
  return portableModel(input, headOf(shape, standardised(code, values), values));
}

/** By the statistics that belong to the head. */
function standardised(code: Node, values: Values): Node {
  const mean = tensorOf(values, 'code/moving_mean');
  const scale = tensorOf(values, 'code/moving_variance').map((variance) => 1 / Math.sqrt(variance + norm.eps));
  return affine(code, 'code', { scale, shift: mean.map((value, place) => -value * (scale[place] ?? 0)) });
}

function headOf({ options, classes }: Shape, code: Node, values: Values): Node {
  const told = (x: Node): Node => outputs(x, values, classes);
  switch (options.head) {
    case 'ffn':
      return told(dense(dense(code, values, 'head/dense1', 'relu'), values, 'head/dense2', 'relu'));
    case 'transformer': {
      const plain = dense(reshape(code, options.latent, 1), values, 'head/token');
      const placed = placewise(plain, 'head/positions', { shift: tensorOf(values, 'head/positions/table') });
      const heads = options.attentionHeads;
      const layers = tokenLayerNames(options.tokenLayers);
      return told(
        meanOfTokens(layers.reduce((x, name) => postNorm(x, values, name, { heads, epsilon: layerEps }), placed)),
      );
    }
    case 'gcn':
      return notPortable(family, 'the graph of head: gcn is made of the cells that are judged with a cell');
    default:
      throw new TypeError(`unknown head ${options.head satisfies never}`);
  }
}

/** The one logit of two classes is the second's; the first has 0. */
function outputs(x: Node, values: Values, classes: number): Node {
  const [kernel, bias] = [tensorOf(values, 'head/output/kernel'), tensorOf(values, 'head/output/bias')];
  if (bias.length === classes) return dense(x, values, 'head/output');
  return product(x, 'head/output', { kernel: besideZeros(kernel), bias: besideZeros(bias) });
}

/** [values, 2]: zero, then the value. */
const besideZeros = (column: Float32Array): Float32Array =>
  Float32Array.from({ length: 2 * column.length }, (_, at) => (at % 2 === 0 ? 0 : (column[(at - 1) / 2] ?? 0)));
