import {
  bareConvolution,
  bareConvolutionParameters,
  batchNorm,
  batchNormParameters,
  batchNormStatistics,
  dense,
  denseParameters,
  dropout,
  fanInUniform,
  postNormBlock,
  postNormParameters,
  weight,
} from '@consilium/models/layers';
import { crossEntropy } from '@consilium/models/losses';
import { batchNormOptions, ofLayers } from './network.mjs';

const [batch, genes, width, layers, heads, hidden, scores, classes] = [32, 160, 20, 8, 10, 200, 5, 2];
const rates = { block: 0.1, head: 0.5 };
const blocks = Array.from({ length: layers }, (_, index) => `block${index + 1}`);

/** Response to immunotherapy: each gene a token; dropout at the published places, or nowhere. */
export function amu({ drops: everDrops }) {
  const parameters = [
    { name: 'embedding', shape: [genes, width], draw: fanInUniform },
    ...blocks.flatMap((name) => postNormParameters(name, width, hidden)),
    ...bareConvolutionParameters('convolution', 1, width, scores),
    ...batchNormParameters('norm', scores),
    ...denseParameters('head', genes, classes),
  ];
  const pass = (weights, x, mode, drops) => {
    const rate = (name) => (drops && everDrops ? rates[name] : 0);
    const options = { heads, eps: 1e-5, dropout: rate('block'), weightDropout: { rate: rate('block'), mode }, mode };
    const rows = x.shape[0];
    const embedded = x.reshape([rows, genes, 1]).mul(weight(weights, 'embedding'));
    const encoded = blocks.reduce((tokens, name) => postNormBlock(weights, name, tokens, options), embedded);
    const convolved = bareConvolution(weights, 'convolution', encoded.reshape([rows, genes, 1, width]));
    const normed = batchNorm(weights, 'norm', convolved, batchNormOptions(mode)).relu();
    const best = normed.reshape([rows, genes, scores]).max(-1);
    return dense(weights, 'head', dropout(best, rate('head'), mode, 'head'));
  };
  return ofLayers({
    batch,
    sample: [genes],
    classes,
    parameters,
    statistics: batchNormStatistics('norm', scores),
    pass,
    loss: crossEntropy,
    twin: { kind: 'Amu', settings: { drops: everDrops } },
  });
}
