import type { tf } from '../../backend/index.js';
import {
  add,
  attention,
  dense,
  inputOf,
  layerNormalization,
  type Node,
  portableModel,
  reshape,
  type Values,
} from '../../portable/index.js';
import { normEps } from './network.js';
import type { Shape } from './parameters.js';

/** The network in layers that any TensorFlow.js has: [features] → [classes]. */
export function layersOf({ features, options }: Shape, values: Values): tf.LayersModel {
  const block = (x: Node, place: 1 | 2): Node => {
    const [name, norm] = [`attention${place}`, `norm${place}`];
    const [width, tokens, heads] =
      place === 1
        ? [options.width1, options.tokens1, options.heads1]
        : [options.width2, options.tokens2, options.heads2];
    switch (options.attentionMode) {
      case 'featureTokens': {
        const rows = reshape(x, tokens, width / tokens);
        const sum = add(rows, attention(rows, values, name, heads));
        return reshape(layerNormalization(sum, values, norm, normEps), width);
      }
      case 'singleToken': {
        const seen = dense(dense(x, values, `${name}/value`), values, `${name}/output`);
        return layerNormalization(add(x, seen), values, norm, normEps);
      }
      default:
        throw new TypeError(`unknown attention mode ${options.attentionMode satisfies never}`);
    }
  };
  const input = inputOf(features);
  const first = block(dense(input, values, 'dense1', 'relu'), 1);
  const second = block(dense(first, values, 'dense2', 'relu'), 2);
  return portableModel(input, dense(second, values, 'head'));
}
