import { layoutElements } from '@consilium/shared/weights';
import {
  batchNormParameters,
  batchNormStatistics,
  denseParameters,
  fanInUniform,
  isTrained,
  normal,
  type Parameter,
  postNormParameters,
  withScope,
} from '../../layers/index.js';
import type { AmuOptions } from './config.js';

export interface Shape {
  readonly genes: number;
  readonly classes: number;
  readonly options: AmuOptions;
}

/** A line of the parameter table. */
export interface TableRow {
  readonly layer: string;
  /** Weights that are trained. */
  readonly weights: number;
  /** Moving averages. */
  readonly statistics: number;
}

/** All tensors in their fixed order. */
export const amuParameters = (shape: Shape): readonly Parameter[] =>
  layers(shape).flatMap(({ parameters }) => parameters);

/** The parameter table. The published totals leave out the normalisations `norm…` of a batch. */
export const parameterTable = (shape: Shape): readonly TableRow[] =>
  layers(shape).map(({ layer, parameters }) => {
    const weights = layoutElements(parameters.filter(isTrained));
    return { layer, weights, statistics: layoutElements(parameters) - weights };
  });

/** Names of the encoder's layers. */
export const encoderLayers = ({ layers }: Pick<AmuOptions, 'layers'>): readonly string[] =>
  Array.from({ length: layers }, (_, index) => `layer${index + 1}`);

/** Widths of the baseline's three convolutions, and how many neighbouring places each makes one of. */
export const convolutions = [
  { name: 'conv1', norm: 'norm1', span: 1, inputs: 1, outputs: 10 },
  { name: 'conv2', norm: 'norm2', span: 2, inputs: 10, outputs: 10 },
  { name: 'conv3', norm: 'norm3', span: 2, inputs: 10, outputs: 5 },
] as const;

interface Layer {
  readonly layer: string;
  readonly parameters: readonly Parameter[];
}

function layers({ genes, classes, options }: Shape): readonly Layer[] {
  switch (options.network) {
    case 'encoder':
      return [
        { layer: 'embedding', parameters: [{ name: 'embedding', shape: [genes, options.width], draw: normal(1) }] },
        ...encoderLayers(options).map((layer) => ({
          layer,
          parameters: postNormParameters(layer, options.width, options.feedForward),
        })),
        {
          layer: 'scores',
          parameters: [{ name: 'scores/kernel', shape: [options.width, options.channels], draw: fanInUniform }],
        },
        norm('norm', options.channels, options.batchNorm),
        { layer: 'head', parameters: denseParameters('head', genes, classes) },
      ];
    case 'convolution': {
      const places = convolutions.reduce((left, { span }) => Math.floor(left / span), genes);
      return [
        ...convolutions.flatMap(({ name, norm: place, span, inputs, outputs }) => [
          { layer: name, parameters: denseParameters(name, span * inputs, outputs) },
          norm(place, outputs, options.batchNorm),
        ]),
        { layer: 'head', parameters: denseParameters('head', places * convolutions[2].outputs, classes) },
      ];
    }
    default:
      throw new TypeError(`unknown network ${options.network satisfies never}`);
  }
}

const norm = (layer: string, channels: number, scope: AmuOptions['batchNorm']): Layer => ({
  layer,
  parameters: withScope([...batchNormParameters(layer, channels), ...batchNormStatistics(layer, channels)], scope),
});
