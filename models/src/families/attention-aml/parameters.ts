import { layoutElements } from '@consilium/shared/weights';
import type { Parameter } from '../../layers/index.js';
import {
  attentionParameters,
  denseParameters,
  layerNormParameters,
  singleTokenAttentionParameters,
} from '../../layers/index.js';
import type { AttentionAmlOptions } from './config.js';

export interface Shape {
  readonly features: number;
  readonly classes: number;
  readonly options: AttentionAmlOptions;
}

/** A line of the parameter table. */
export interface TableRow {
  readonly layer: string;
  /** Weights as published, queries and keys of `singleToken` included. */
  readonly weights: number;
  /** Weights that are trained and shared. */
  readonly shared: number;
}

/** The shared parameters in their fixed order. */
export const attentionAmlParameters = (shape: Shape): readonly Parameter[] =>
  layers(shape).flatMap(({ parameters }) => parameters);

/**
 * The parameter table. In `singleToken` mode the published network also has queries and keys, 2(d² + d) weights a block; a softmax
 * over one key is 1, so their gradient is exactly zero. They are counted here and left out of network, updates and noise.
 */
export const parameterTable = (shape: Shape): readonly TableRow[] =>
  layers(shape).map(({ layer, parameters, dead }) => {
    const shared = layoutElements(parameters);
    return { layer, weights: shared + dead, shared };
  });

function layers({ features, classes, options }: Shape): readonly Layer[] {
  const { width1, width2, tokens1, tokens2 } = options;
  return [
    { layer: 'dense1', parameters: denseParameters('dense1', features, width1), dead: 0 },
    ...attentionLayers(1, width1, tokens1, options.attentionMode),
    { layer: 'dense2', parameters: denseParameters('dense2', width1, width2), dead: 0 },
    ...attentionLayers(2, width2, tokens2, options.attentionMode),
    { layer: 'head', parameters: denseParameters('head', width2, classes), dead: 0 },
  ];
}

interface Layer {
  readonly layer: string;
  readonly parameters: readonly Parameter[];
  readonly dead: number;
}

function attentionLayers(
  block: 1 | 2,
  width: number,
  tokens: number,
  mode: AttentionAmlOptions['attentionMode'],
): readonly Layer[] {
  const [attention, norm] = [`attention${block}`, `norm${block}`];
  switch (mode) {
    case 'featureTokens':
      return [
        { layer: attention, parameters: attentionParameters(attention, width / tokens), dead: 0 },
        { layer: norm, parameters: layerNormParameters(norm, width / tokens), dead: 0 },
      ];
    case 'singleToken':
      return [
        {
          layer: attention,
          parameters: singleTokenAttentionParameters(attention, width),
          dead: 2 * (width * width + width),
        },
        { layer: norm, parameters: layerNormParameters(norm, width), dead: 0 },
      ];
    default:
      throw new TypeError(`unknown attention mode ${mode satisfies never}`);
  }
}
