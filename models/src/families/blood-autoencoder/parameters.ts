import { layoutElements } from '@consilium/shared/weights';
import { batchNormStatistics, type Parameter, type Scope, withScope } from '../../layers/index.js';
import { decoderHalf, encoderHalf, type Half } from './autoencoder.js';
import type { BloodAutoencoderOptions } from './config.js';
import { ffnParameters, gcnParameters, transformerParameters } from './heads/index.js';

export const stages = ['autoencoder', 'head'] as const;
export type StageName = (typeof stages)[number];

export interface Shape {
  readonly features: number;
  readonly classes: number;
  readonly options: BloodAutoencoderOptions;
}

/**
 * All tensors of a stage in their fixed order. `autoencoder`: both halves. `head`: the same, which nothing moves any more; the mean
 * and variance of the code; and the head.
 */
export function stageParameters({ features, classes, options }: Shape, stage: StageName): readonly Parameter[] {
  const halves = [encoderHalf(features, options), decoderHalf(features, options)];
  switch (stage) {
    case 'autoencoder':
      return halves.flatMap(({ layers, norms }) => [...layers, ...withScope(norms, normScope(options))]);
    case 'head':
      return [
        ...halves.flatMap((half) => atRest(half, options)),
        ...codeStatistics(options),
        ...headOf(options, classes),
      ];
    default:
      throw new TypeError(`unknown stage ${stage satisfies never}`);
  }
}

const normScope = ({ batchNorm }: BloodAutoencoderOptions): Scope => batchNorm;

/** A half that is trained no more: sent once, but for what each site has of its own, which it keeps as it is. */
function atRest({ layers, norms }: Half, { batchNorm }: BloodAutoencoderOptions): readonly Parameter[] {
  const kept = withScope(norms, batchNorm === 'local' ? 'local' : 'frozen');
  return [...withScope(layers, 'frozen'), ...kept.map((norm) => ({ ...norm, role: 'statistics' as const }))];
}

const codeStatistics = ({ latent }: BloodAutoencoderOptions): readonly Parameter[] =>
  batchNormStatistics('code', latent);

/** Logits of a head: two classes have one between them, the second's (`sigmoid`). */
export const outputsOf = (classes: number): number => (classes === 2 ? 1 : classes);

function headOf(options: BloodAutoencoderOptions, classes: number): readonly Parameter[] {
  const outputs = outputsOf(classes);
  switch (options.head) {
    case 'ffn':
      return ffnParameters(options, outputs);
    case 'transformer':
      return transformerParameters(options, outputs);
    case 'gcn':
      return gcnParameters(options, outputs);
    default:
      throw new TypeError(`unknown head ${options.head satisfies never}`);
  }
}

/** A line of the parameter table. */
export interface TableRow {
  readonly part: 'encoder' | 'decoder' | 'head';
  /** Weights that gradients move in its stage. */
  readonly trained: number;
  /** Moving averages. */
  readonly statistics: number;
}

export function parameterTable(shape: Shape): readonly TableRow[] {
  const all = [...stageParameters(shape, 'autoencoder'), ...headOf(shape.options, shape.classes)];
  return (['encoder', 'decoder', 'head'] as const).map((part) => {
    const own = all.filter(({ name }) => name.startsWith(`${part}/`));
    const statistics = layoutElements(own.filter(({ role }) => role === 'statistics'));
    return { part, trained: layoutElements(own) - statistics, statistics };
  });
}
