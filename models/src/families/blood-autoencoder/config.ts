import { z } from 'zod';
import type { FamilyOptions } from '../family.js';
import { presetOptions } from '../preset-options.js';

export const name = 'blood-autoencoder';

const width = z.int().min(2).max(16_384);
const count = z.int().min(1).max(64);

/** Layer normalisation over fewer values carries next to nothing: over two it always gives ±1. */
const minimumTokenWidth = 4;

/** Settings of the autoencoder and its heads. The presets fill in what a run file leaves out. */
export const bloodAutoencoderOptions = z
  .strictObject({
    preset: z.enum(['paper', 'small']),
    /** What tells the classes from the code. */
    head: z.enum(['ffn', 'transformer', 'gcn']),
    /** Hidden widths of the encoder; the decoder has them the other way round. */
    width1: width,
    width2: width,
    /** Width of the code. */
    latent: width,
    /**
     * `shared` (default): moving averages of all sites together. `local`: each site keeps its batch normalisations (FedBN),
     * and with them a code of its own.
     */
    batchNorm: z.enum(['shared', 'local']),
    /** Share dropped in the head while training. */
    dropout: z.number().min(0).max(0.95),
    /** Hidden widths of `ffn`. */
    headWidth1: width,
    headWidth2: width,
    /** `transformer`: width of a token, layers, heads of each, and width of the feed-forward part. */
    tokenWidth: width.min(minimumTokenWidth),
    tokenLayers: count,
    attentionHeads: count,
    feedForward: width,
    /** `gcn`: hidden width. */
    graphWidth: width,
    /** Two cells may be neighbours above this cosine of their codes. */
    threshold: z.number().min(-1).max(1),
    /** Each cell picks at most so many neighbours. */
    neighbours: z.int().min(1).max(1024),
    /** Training cells that judged ones are attached to, at most. While training, a batch is a graph. */
    nodes: z.int().min(2).max(16_384),
  })
  .superRefine(({ tokenWidth, attentionHeads }, context) => {
    if (tokenWidth % attentionHeads === 0) return;
    const message = `must divide the token width ${tokenWidth}`;
    context.addIssue({ code: 'custom', path: ['attentionHeads'], message });
  });

export type BloodAutoencoderOptions = Readonly<z.infer<typeof bloodAutoencoderOptions>>;

const graph = { threshold: 0.4, neighbours: 30, nodes: 2048 };

export const presets = {
  paper: {
    ...{ width1: 1024, width2: 512, latent: 256, headWidth1: 128, headWidth2: 64, graphWidth: 128 },
    ...{ tokenWidth: 64, tokenLayers: 2, attentionHeads: 4, feedForward: 128 },
  },
  small: {
    ...{ width1: 32, width2: 16, latent: 8, headWidth1: 16, headWidth2: 8, graphWidth: 8 },
    ...{ tokenWidth: 8, tokenLayers: 1, attentionHeads: 2, feedForward: 16 },
  },
} as const;

/** A preset with the run file's changes, checked. Fails with `CSM-MODEL-OPTIONS`. */
export const parseOptions = (preset: string, options: FamilyOptions): BloodAutoencoderOptions =>
  presetOptions(
    {
      family: name,
      schema: bloodAutoencoderOptions,
      presets,
      defaults: { head: 'ffn', batchNorm: 'shared', dropout: options.head === 'gcn' ? 0.2 : 0.1, ...graph },
    },
    preset,
    options,
  );
