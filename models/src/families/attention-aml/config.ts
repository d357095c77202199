import { z } from 'zod';
import type { FamilyOptions } from '../family.js';
import { presetOptions } from '../preset-options.js';

const width = z.int().min(4).max(16_384);
const divisor = z.int().min(1).max(1024);

/** Layer normalisation over fewer values carries next to nothing: over two it always gives ±1. */
const minimumTokenWidth = 4;

/** Settings of the network. The presets fill in what a run file leaves out. */
export const attentionAmlOptions = z
  .strictObject({
    preset: z.enum(['paper', 'small']),
    /**
     * `featureTokens` (default): activations cut into tokens that attend to one another.
     * `singleToken`: the published form, whose one token can attend to nothing; for comparison.
     */
    attentionMode: z.enum(['featureTokens', 'singleToken']),
    /** Width of each hidden layer. */
    width1: width,
    width2: width,
    /** Tokens that each hidden layer is cut into (`featureTokens`). */
    tokens1: divisor,
    tokens2: divisor,
    heads1: divisor,
    heads2: divisor,
    /** Share dropped after each normalisation while training; 0 is the published form. */
    dropout: z.number().min(0).max(0.95),
  })
  .superRefine((options, context) => {
    const blocks = [
      { block: 1, width: options.width1, tokens: options.tokens1, heads: options.heads1 },
      { block: 2, width: options.width2, tokens: options.tokens2, heads: options.heads2 },
    ];
    for (const { block, width, tokens, heads } of blocks) {
      const tokenWidth = options.attentionMode === 'singleToken' ? width : width / tokens;
      if (!Number.isInteger(tokenWidth) || tokenWidth < minimumTokenWidth) {
        const message = `width${block} must be tokens${block} times a whole number of at least ${minimumTokenWidth}`;
        context.addIssue({ code: 'custom', path: [`tokens${block}`], message });
      } else if (tokenWidth % heads !== 0) {
        const message = `the token width ${tokenWidth} must be a multiple of heads${block}`;
        context.addIssue({ code: 'custom', path: [`heads${block}`], message });
      }
    }
  });

export type AttentionAmlOptions = Readonly<z.infer<typeof attentionAmlOptions>>;

export const presets = {
  paper: { width1: 512, width2: 256, tokens1: 16, tokens2: 16, heads1: 8, heads2: 4 },
  small: { width1: 32, width2: 16, tokens1: 4, tokens2: 4, heads1: 4, heads2: 2 },
} as const;

/** A preset with the run file's changes, checked. Fails with `CSM-MODEL-OPTIONS`. */
export const parseOptions = (preset: string, options: FamilyOptions): AttentionAmlOptions =>
  presetOptions(
    {
      family: 'attention-aml',
      schema: attentionAmlOptions,
      presets,
      defaults: { attentionMode: 'featureTokens', dropout: 0 },
    },
    preset,
    options,
  );
