import { tf } from '@consilium/models/backend';
import {
  dense,
  denseParameters,
  layerNorm,
  layerNormParameters,
  preNormBlock,
  preNormParameters,
  weight,
  zeros,
} from '@consilium/models/layers';
import { crossEntropy } from '@consilium/models/losses';
import { ofLayers } from './network.mjs';

const eps = 1e-6;

/** A set encoder: tokens and one of its own, whose last state is classified. */
export function genbloom({ batch, tokens, features, width, depth, heads, classes }) {
  const blocks = Array.from({ length: depth }, (_, index) => `block${index + 1}`);
  const parameters = [
    ...denseParameters('embedding', features, width),
    { name: 'summary', shape: [1, 1, width], draw: zeros },
    ...blocks.flatMap((name) => preNormParameters(name, width, 4 * width, 0.1)),
    ...layerNormParameters('norm', width),
    ...denseParameters('head', width, classes),
  ];
  const pass = (weights, x, mode) => {
    const rows = x.shape[0];
    const embedded = dense(weights, 'embedding', x.reshape([rows * tokens, features])).reshape([rows, tokens, width]);
    const all = tf.concat([weight(weights, 'summary').tile([rows, 1, 1]), embedded], 1);
    const options = { heads, eps, dropout: 0, mode };
    const encoded = blocks.reduce((input, name) => preNormBlock(weights, name, input, options), all);
    const summary = encoded.slice([0, 0, 0], [rows, 1, width]).reshape([rows, width]);
    return dense(weights, 'head', layerNorm(weights, 'norm', summary, eps));
  };
  return ofLayers({
    batch,
    sample: [tokens, features],
    classes,
    parameters,
    pass,
    loss: crossEntropy,
    twin: { kind: 'Genbloom', settings: { features, width, depth, heads, classes } },
  });
}
