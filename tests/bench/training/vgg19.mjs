import {
  attentionParameters,
  convolution,
  convolutionParameters,
  dense,
  denseParameters,
  dropout,
  layerNorm,
  layerNormParameters,
  maxPool,
  selfAttention,
} from '@consilium/models/layers';
import { focal, ofLayers } from './network.mjs';

const channels = 3;
const blocks = [
  { outputs: 64, repeats: 2 },
  { outputs: 128, repeats: 2 },
  { outputs: 256, repeats: 4 },
  { outputs: 512, repeats: 4 },
  { outputs: 512, repeats: 4 },
];
const [width, heads, hidden, rate] = [512, 8, 256, 0.5];

/** The sixteen convolutions of VGG19, attention over the remaining squares, two dense layers. Square images of `side` pixels. */
export function vgg19({ batch, side, classes }) {
  const layers = blocks.map(({ outputs, repeats }, block) =>
    Array.from({ length: repeats }, (_, index) => ({
      name: `block${block + 1}/convolution${index + 1}`,
      inputs: index > 0 ? outputs : (blocks[block - 1]?.outputs ?? channels),
      outputs,
    })),
  );
  const parameters = [
    ...layers.flat().flatMap(({ name, inputs, outputs }) => convolutionParameters(name, 3, inputs, outputs)),
    ...layerNormParameters('norm', width),
    ...attentionParameters('attention', width),
    ...denseParameters('dense', width, hidden),
    ...denseParameters('head', hidden, classes),
  ];
  const pass = (weights, x, mode, drops) => {
    const run = (input, { name }) => convolution(weights, name, input, 'relu');
    const image = layers.reduce((input, block) => maxPool(block.reduce(run, input)), x);
    const tokens = image.reshape([x.shape[0], -1, width]);
    const normed = layerNorm(weights, 'norm', image.reshape([-1, width]), 1e-5).reshape(tokens.shape);
    const attended = tokens.add(selfAttention(weights, 'attention', normed, { heads }));
    const opened = dense(weights, 'dense', attended.mean(1), 'relu');
    return dense(weights, 'head', dropout(opened, drops ? rate : 0, mode, 'dense'));
  };
  return ofLayers({
    batch,
    sample: [side, side, channels],
    classes,
    parameters,
    pass,
    loss: focal,
    twin: { kind: 'Vgg19', settings: { classes } },
  });
}
