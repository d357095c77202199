import { z } from 'zod';
import type { FamilyOptions } from '../family.js';
import { presetOptions } from '../preset-options.js';

const size = (limit: number) => z.int().min(1).max(limit);
const share = z.number().min(0).max(0.95);

/** Layer normalisation over fewer values carries next to nothing: over two it always gives ±1. */
const minimumWidth = 4;

/** Settings of the network. The presets fill in what a run file leaves out. */
export const amuOptions = z
  .strictObject({
    preset: z.enum(['paper', 'small']),
    /** `encoder` (default): attention between genes. `convolution`: the published baseline, to compare with under the same protocol. */
    network: z.enum(['encoder', 'convolution']),
    /** Of a gene's embedding and of every token. */
    width: z.int().min(minimumWidth).max(512),
    heads: size(64),
    layers: size(24),
    /** Width inside the feed-forward part of a layer. */
    feedForward: size(4096),
    /** Scores of each gene, of which the largest counts. */
    channels: size(64),
    /** Share dropped in the encoder while training: of attention weights, in and after the feed-forward part, after attention. */
    dropout: share,
    /** Share dropped before the normalisation of the scores, and before the last layer. */
    headDropout: share,
    /** Where the batch normalisations live: `local` to each site (FedBN), or `shared`, averages and all. */
    batchNorm: z.enum(['local', 'shared']),
    /** The published loss takes a softmax of a softmax: it cannot fall below −ln(e/(e + 1)) = 0.3133 with two classes. For comparison. */
    doubleSoftmax: z.boolean(),
  })
  .superRefine(({ width, heads }, context) => {
    if (width % heads === 0) return;
    context.addIssue({ code: 'custom', path: ['heads'], message: `must divide the width ${width}` });
  });

export type AmuOptions = Readonly<z.infer<typeof amuOptions>>;

const presets = {
  paper: { width: 20, heads: 10, layers: 8, feedForward: 200, channels: 5, dropout: 0.1, headDropout: 0.5 },
  small: { width: 8, heads: 4, layers: 2, feedForward: 16, channels: 4, dropout: 0, headDropout: 0 },
} as const;

/** A preset with the run file's changes, checked. Fails with `CSM-MODEL-OPTIONS`. */
export const parseOptions = (preset: string, options: FamilyOptions): AmuOptions =>
  presetOptions(
    {
      family: 'amu',
      schema: amuOptions,
      presets,
      defaults: { network: 'encoder', batchNorm: 'local', doubleSoftmax: false },
    },
    preset,
    options,
  );
