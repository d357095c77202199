import { layoutElements } from '@consilium/shared/weights';
import {
  attentionParameters,
  bareConvolutionParameters,
  batchNormParameters,
  batchNormStatistics,
  convolutionParameters,
  denseParameters,
  groupNormParameters,
  layerNormParameters,
  type Parameter,
  positionParameters,
  withScope,
} from '../../layers/index.js';
import { architectures, refuse, type Vgg19Options } from './config.js';

export interface Shape {
  /** Pixels of each side. */
  readonly side: number;
  readonly classes: number;
  readonly options: Vgg19Options;
}

/** A line of the parameter table. */
export interface TableRow {
  readonly layer: string;
  readonly weights: number;
}

/** All tensors in their fixed order. */
export const vgg19Parameters = (shape: Shape): readonly Parameter[] =>
  layers(shape).flatMap(({ parameters }) => parameters);

export const parameterTable = (shape: Shape): readonly TableRow[] =>
  layers(shape).map(({ layer, parameters }) => ({ layer, weights: layoutElements(parameters) }));

/** Places along each side of what the last block gives: each pool halves, and leaves out an odd last row. */
export function gridOf({ side, options }: Pick<Shape, 'side' | 'options'>): number {
  const { blocks } = architectures[options.preset];
  const grid = Math.floor(side / 2 ** blocks.length);
  const least = options.attention ? 2 : 1;
  // Over one token a softmax is 1 whatever the image: there would be nothing to attend to.
  if (grid < least) {
    const smallest = least * 2 ** blocks.length;
    return refuse(`images of ${side} pixels a side are too small for ${blocks.length} pools; data.side: ${smallest}`);
  }
  return grid;
}

interface Layer {
  readonly layer: string;
  readonly parameters: readonly Parameter[];
}

function layers({ side, classes, options }: Shape): readonly Layer[] {
  const { blocks, hidden } = architectures[options.preset];
  const grid = gridOf({ side, options });
  const width = blocks.at(-1)?.at(-1) ?? 0;
  const table = options.positions ? positionParameters('positions', grid ** 2, width) : [];
  return [
    ...blockLayers(blocks, options),
    ...(table.length > 0 ? [{ layer: 'positions', parameters: table }] : []),
    ...(options.attention
      ? [
          { layer: 'norm', parameters: layerNormParameters('norm', width) },
          { layer: 'attention', parameters: attentionParameters('attention', width) },
        ]
      : []),
    { layer: 'hidden', parameters: denseParameters('hidden', width, hidden) },
    { layer: 'head', parameters: denseParameters('head', hidden, classes) },
  ];
}

function blockLayers(
  blocks: readonly (readonly number[])[],
  { normalisation, freezeBlocks }: Vgg19Options,
): readonly Layer[] {
  let inputs = 3;
  return blocks.map((widths, index) => {
    const layer = `block${index + 1}`;
    const parameters = widths.flatMap((outputs, place) => {
      const [from, at] = [inputs, place + 1];
      inputs = outputs;
      return convolutionLayer(layer, at, from, outputs, normalisation);
    });
    return { layer, parameters: index < freezeBlocks ? withScope(parameters, 'frozen') : parameters };
  });
}

function convolutionLayer(
  block: string,
  place: number,
  inputs: number,
  outputs: number,
  normalisation: Vgg19Options['normalisation'],
): readonly Parameter[] {
  const [convolution, norm] = [`${block}/conv${place}`, `${block}/norm${place}`];
  const whole = convolutionParameters(convolution, kernelSize, inputs, outputs);
  // A batch normalisation takes a bias away again.
  const bare = bareConvolutionParameters(convolution, kernelSize, inputs, outputs);
  const batch = [...batchNormParameters(norm, outputs), ...batchNormStatistics(norm, outputs)];
  switch (normalisation) {
    case 'none':
      return whole;
    case 'group':
      return [...whole, ...groupNormParameters(norm, outputs)];
    case 'batchLocal':
      return [...bare, ...withScope(batch, 'local')];
    case 'batchShared':
      return [...bare, ...batch];
    default:
      throw new TypeError(`unknown normalisation ${normalisation satisfies never}`);
  }
}

const kernelSize = 3;
