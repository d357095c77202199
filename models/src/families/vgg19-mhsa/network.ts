import type { tf } from '../../backend/index.js';
import { usualAugmentation } from '../../images/index.js';
import {
  addPositions,
  attendRows,
  attentionWeights,
  bareConvolution,
  batchNorm,
  convolution,
  dense,
  dropout,
  groupNorm,
  inference,
  layerNorm,
  type Mode,
  maxPool,
  type NamedTensors,
  tokenMean,
} from '../../layers/index.js';
import { crossEntropy, focalLoss } from '../../losses/index.js';
import type { Samples } from '../../samples/index.js';
import { classifier, type Feed, imagesFeed, type Model, onlyStage, openModel } from '../../training/index.js';
import { architectures, type Vgg19Options } from './config.js';
import { gridOf, type Shape, vgg19Parameters } from './parameters.js';

/** What follows the last block. */
export interface Conclusion {
  /** [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** Forms the attention over the places, [batch, heads, query, key]; null where the network has none. Call it within the same `tf.tidy`. */
  readonly attention: () => tf.Tensor4D | null;
}

/** A model of this family: its pass in two parts, so that what lies between them can be looked at. */
export interface Vgg19Model extends Model {
  readonly options: Vgg19Options;
  /** Places along each side that attend to one another. */
  readonly grid: number;
  readonly feed: (input: Samples) => Feed<tf.Tensor4D>;
  /** Output of the last block before its pool: [batch, side, side, 3] → [batch, 2·grid (+ 1), the same, width]. */
  readonly trunk: (x: tf.Tensor4D, mode: Mode) => tf.Tensor4D;
  /** From there to the logits. */
  readonly conclude: (maps: tf.Tensor4D, mode: Mode) => Conclusion;
}

/** Builds the model with starting weights drawn from the seed. `dispose` frees its variables. */
export function buildVgg19(shape: Shape & { readonly seed: number }): Vgg19Model {
  const { options, classes } = shape;
  const grid = gridOf(shape);
  return openModel({
    family: 'vgg19-mhsa',
    preset: options.preset,
    stage: onlyStage,
    parameters: vgg19Parameters(shape),
    seed: shape.seed,
    network: (weights) => {
      const trunk = (x: tf.Tensor4D, mode: Mode) => runTrunk(weights, options, x, mode);
      const conclude = (maps: tf.Tensor4D, mode: Mode) => runConclusion(weights, options, maps, mode);
      const logits = (x: tf.Tensor4D, mode: Mode) => conclude(trunk(x, mode), mode).logits;
      const feed = (input: Samples) => imagesFeed(input, { ...reading, augmentation: changesOf(options) });
      const parts = classifier({ feed, logits, loss: lossOf(options), classes });
      return { classes, options, grid, feed, trunk, conclude, ...parts };
    },
  });
}

/** Mean and deviation of ImageNet's photographs: fixed, so no hospital's statistics are needed, and what imported weights expect. */
export const reading = { mean: [0.485, 0.456, 0.406], sd: [0.229, 0.224, 0.225] } as const;

const changesOf = ({ augment }: Vgg19Options) => (augment ? usualAugmentation : null);

const lossOf = ({ loss, gamma }: Vgg19Options) =>
  loss === 'focal' ? (logits: tf.Tensor2D, targets: tf.Tensor2D) => focalLoss(logits, targets, gamma) : crossEntropy;

function runTrunk(weights: NamedTensors, options: Vgg19Options, x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
  const { blocks } = architectures[options.preset];
  let maps = x;
  blocks.forEach((widths, index) => {
    if (index > 0) maps = maxPool(maps);
    // A frozen block is not to move its moving averages either.
    const own = index < options.freezeBlocks ? inference : mode;
    widths.forEach((_, place) => {
      maps = convolve(weights, [`block${index + 1}`, place + 1], options.normalisation, maps, own);
    });
  });
  return maps;
}

/** Convolution, normalisation if there is one, ReLU. */
function convolve(
  weights: NamedTensors,
  [block, place]: readonly [string, number],
  normalisation: Vgg19Options['normalisation'],
  x: tf.Tensor4D,
  mode: Mode,
): tf.Tensor4D {
  const [name, norm] = [`${block}/conv${place}`, `${block}/norm${place}`];
  switch (normalisation) {
    case 'none':
      return convolution(weights, name, x, 'relu');
    case 'group': {
      const maps = convolution(weights, name, x);
      return groupNorm(weights, norm, maps, { groups: maps.shape[3] / groupChannels, eps: normEps }).relu();
    }
    case 'batchLocal':
    case 'batchShared':
      return batchNorm(weights, norm, bareConvolution(weights, name, x), {
        ...{ eps: normEps, momentum: batchMomentum, mode },
      }).relu();
    default:
      throw new TypeError(`unknown normalisation ${normalisation satisfies never}`);
  }
}

/** Channels that are normalised together; every preset's widths are multiples of it. */
export const groupChannels = 8;
export const normEps = 1e-5;
const batchMomentum = 0.9;

function runConclusion(weights: NamedTensors, options: Vgg19Options, maps: tf.Tensor4D, mode: Mode): Conclusion {
  const pooled = maxPool(maps);
  const [batch, height, width, channels] = pooled.shape;
  const tokens = height * width;
  const plain = pooled.as3D(batch, tokens, channels);
  const placed = options.positions ? addPositions(weights, 'positions', plain) : plain;
  const rows = placed.as2D(batch * tokens, channels);
  const { heads } = options;
  const normed = options.attention ? layerNorm(weights, 'norm', rows, normEps) : null;
  const seen = normed === null ? rows : rows.add(attendRows(weights, 'attention', normed, { batch, tokens, heads }));
  const hidden = dense(weights, 'hidden', tokenMean(seen.as3D(batch, tokens, channels)), 'relu');
  return {
    logits: dense(weights, 'head', dropout(hidden, options.dropout, mode, 'hidden')),
    attention: () => normed && attentionWeights(weights, 'attention', normed.as3D(batch, tokens, channels), { heads }),
  };
}
