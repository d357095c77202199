import {
  attentionParameters,
  bareConvolution,
  bareConvolutionParameters,
  batchNorm,
  batchNormParameters,
  batchNormStatistics,
  dense,
  denseParameters,
  dropout,
  maxPool,
  selfAttention,
  toLength,
} from '@consilium/models/layers';
import { batchNormOptions, focal, ofLayers } from './network.mjs';

const channels = 3;
const rate = 0.3;

/**
 * Stages of two convolutions with batch normalisation and a pool, attention over the remaining squares, their mean brought to
 * length 4, two dense layers. Square images of `side` pixels.
 */
export function vggLike({ batch, side, stages, heads, hidden, classes }) {
  const width = stages.at(-1);
  const convolutions = stages.flatMap((outputs, stage) => {
    const inputs = stages[stage - 1] ?? channels;
    return [
      { name: `stage${stage + 1}/first`, inputs, outputs },
      { name: `stage${stage + 1}/second`, inputs: outputs, outputs },
    ];
  });
  const parameters = [
    ...convolutions.flatMap(({ name, inputs, outputs }) => [
      ...bareConvolutionParameters(name, 3, inputs, outputs),
      ...batchNormParameters(`${name}/norm`, outputs),
    ]),
    ...attentionParameters('attention', width),
    ...denseParameters('dense', width, hidden),
    ...denseParameters('head', hidden, classes),
  ];
  const statistics = convolutions.flatMap(({ name, outputs }) => batchNormStatistics(`${name}/norm`, outputs));
  const pass = (weights, x, mode, drops) => {
    const layer = (name, input) => {
      const convolved = bareConvolution(weights, name, input);
      return batchNorm(weights, `${name}/norm`, convolved, batchNormOptions(mode)).relu();
    };
    const image = stages.reduce((input, _, stage) => {
      const name = `stage${stage + 1}`;
      return maxPool(layer(`${name}/second`, layer(`${name}/first`, input)));
    }, x);
    const tokens = image.reshape([x.shape[0], -1, width]);
    const attended = tokens.add(selfAttention(weights, 'attention', tokens, { heads }));
    const opened = dense(weights, 'dense', toLength(attended.mean(1), 4), 'relu');
    return dense(weights, 'head', dropout(opened, drops ? rate : 0, mode, 'dense'));
  };
  return ofLayers({
    batch,
    sample: [side, side, channels],
    classes,
    parameters,
    statistics,
    pass,
    loss: focal,
    twin: { kind: 'VggLike', settings: { stages, heads, hidden, classes } },
  });
}
