import type { tf } from '../../backend/index.js';
import {
  add,
  affine,
  attention,
  batchNormalization,
  convolution,
  dense,
  groupNormalization,
  inputOf,
  layerNormalization,
  meanOfTokens,
  type Node,
  notPortable,
  placewise,
  pool,
  portableModel,
  relu,
  reshape,
  tensorOf,
  type Values,
} from '../../portable/index.js';
import { architectures } from './config.js';
import { groupChannels, normEps, reading } from './network.js';
import { gridOf, type Shape } from './parameters.js';

/** The network in layers that any TensorFlow.js has, from prepared pixels 0 … 255: [side, side, 3] → [classes]. @throws CSM-EXPORT-LAYERS */
export function layersOf(shape: Shape, values: Values): tf.LayersModel {
  const { side, options } = shape;
  if (options.normalisation === 'batchLocal') {
    return notPortable(
      'vgg19-mhsa',
      'with normalisation: batchLocal every hospital has normalisations of its own, which no export holds',
    );
  }
  const input = inputOf(side, side, reading.mean.length);
  let maps = affine(input, 'reading', {
    scale: Float32Array.from(reading.sd, (sd) => 1 / (highestLevel * sd)),
    shift: Float32Array.from(reading.mean, (mean, channel) => -mean / (reading.sd[channel] ?? 1)),
  });
  for (const [index, widths] of architectures[options.preset].blocks.entries()) {
    if (index > 0) maps = pool(maps);
    for (const place of widths.keys()) maps = convolve(maps, values, [`block${index + 1}`, place + 1], options);
  }
  const tokens = gridOf(shape) ** 2;
  const pooled = pool(maps);
  const plain = reshape(pooled, tokens, pooled.shape.at(-1) ?? 1);
  const placed = options.positions
    ? placewise(plain, 'positions', { shift: tensorOf(values, 'positions/table') })
    : plain;
  const seen = options.attention
    ? add(placed, attention(layerNormalization(placed, values, 'norm', normEps), values, 'attention', options.heads))
    : placed;
  const hidden = dense(meanOfTokens(seen), values, 'hidden', 'relu');
  return portableModel(input, dense(hidden, values, 'head'));
}

const highestLevel = 255;

function convolve(
  x: Node,
  values: Values,
  [block, place]: readonly [string, number],
  { normalisation }: Shape['options'],
): Node {
  const maps = convolution(x, values, `${block}/conv${place}`);
  const norm = `${block}/norm${place}`;
  switch (normalisation) {
    case 'none':
      return relu(maps);
    case 'group':
      return relu(groupNormalization(maps, values, norm, { groupChannels, epsilon: normEps }));
    case 'batchLocal':
    case 'batchShared':
      return relu(batchNormalization(maps, values, norm, normEps));
    default:
      throw new TypeError(`unknown normalisation ${normalisation satisfies never}`);
  }
}
